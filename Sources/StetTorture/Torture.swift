import Foundation
import SyncSimulation

/// Five machines, two hubs, and what befalls them.
struct Torture {
  private static let names = ["anna", "bert", "cleo", "dora", "emil"]
  /// More than machines, so that they meet on one archive.
  private static let peopleCount = 8
  /// Room for what a storm of an hour writes and for SQLite's WAL, and soon full all the same.
  private static let diskMegabytes = 256

  private let folder: URL
  private let outputs: URL
  private let disk: SmallDisk?
  private let tally: Tally
  private let programs = RunningPrograms()
  private let notes = AcknowledgedNotes()
  private let hubs: [TortureHub]
  private let machines: [TortureMachine]
  private var random: SeededRandom

  /// Makes the machines and hubs, all with the same archive.
  ///
  /// - `folder`: of the whole run.
  init(in folder: URL, seed: UInt64) throws {
    self.folder = folder
    random = SeededRandom(seed: seed)
    outputs = folder.appending(path: "outputs")
    try FileManager.default.createDirectory(at: outputs, withIntermediateDirectories: true)
    tally = Tally(folder: folder)
    disk = try SmallDisk(at: folder.appending(path: "disk"), megabytes: Self.diskMegabytes)
    // One machine and one hub live on the small disk.
    let (outputs, programs, tally, disk) = (outputs, programs, tally, disk)
    machines = try Self.names.map {
      let parent = $0 == Self.names.last ? disk?.folder ?? folder : folder
      return try TortureMachine($0, in: parent, outputs: outputs, programs: programs)
    }
    var hubs: [TortureHub] = []
    for (name, parent) in [("first", folder), ("second", disk?.folder ?? folder)] {
      hubs.append(
        try TortureHub(
          name,
          in: parent,
          outputs: outputs,
          seed: random.next(),
          programs: programs,
          tally: tally
        )
      )
    }
    self.hubs = hubs
    try makeReplicas()
  }

  private func makeReplicas() throws {
    let first = machines[0]
    try first.expect("init", TortureHub.archive)
    for article in 0..<MadeUpPage.articleCount / 2 {
      try first.write(MadeUpPage.text(article: article, revision: 0), to: "page.txt")
      try first.expect("import", "page.txt", "--source", "harbour")
    }
    for hub in hubs {
      try first.expect("remote", "add", hub.name, hub.address)
      try first.expect("sync", hub.name)
    }
    for machine in machines.dropFirst() {
      try machine.expect("clone", hubs[0].address)
      for hub in hubs { try machine.expect("remote", "add", hub.name, hub.address) }
    }
  }

  /// The storm, then the healing.
  mutating func run(minutes: Double) -> TortureReport {
    let start = ContinuousClock.now
    storm(for: .seconds(minutes * 60))
    var outcome: Healing.Outcome?
    do {
      for hub in hubs { try hub.waitUntilListening() }
      outcome = try Healing(machines: machines, hubs: hubs, notes: notes, tally: tally).run()
    } catch {
      tally.fail("after the storm: \(error)")
    }
    TortureHub.stop(hubs, programs: programs)
    for hub in hubs { hub.verify() }
    return TortureReport(
      seconds: (ContinuousClock.now - start) / .seconds(1),
      counts: tally.now,
      acknowledged: notes.count,
      outcome: outcome,
      hasDisk: disk != nil
    )
  }

  private mutating func storm(for duration: Duration) {
    let deadline = Deadline(after: duration)
    let chaos = Chaos(programs: programs, tally: tally, deadline: deadline)
    let weather = Threads()
    let people = Threads()
    for hub in hubs { hub.proxy.beginStorm() }
    let seed = random.next()
    weather.start { chaos.sendSignals(seed: seed) }
    if let disk {
      let seed = random.next()
      weather.start { chaos.fill(disk, seed: seed) }
    }
    for number in 0..<Self.peopleCount {
      let person = Person(
        name: "p\(number)",
        home: machines[number % machines.count],
        machines: machines,
        hubs: hubs,
        notes: notes,
        tally: tally
      )
      let seed = random.next()
      people.start { person.work(until: deadline, seed: seed) }
    }
    weather.join()
    disk?.widen()
    for hub in hubs { hub.proxy.endStorm() }
    people.join()
  }
}

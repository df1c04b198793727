internal import CRDT
internal import ChangeLog
internal import Foundation
internal import ReplicaStorage
internal import SyncProtocol
internal import SyncSimulation

/// Machines, a network and time: all that happens follows from a ``Plan``.
final class World {
  let plan: Plan
  let time = VirtualClock()
  let shelf = PackShelf()
  private let folder: URL
  private var schedule = Schedule()
  private(set) var machines: [Machine] = []
  var connections: [Connection] = []
  private(set) var tally: FaultTally = [:]
  private(set) var eventCount = 0
  /// What everybody's logs hold: one hash for each change, for ever.
  private var hashes: [ChangeID: Hash] = [:]
  /// The digest of the state that follows from a frontier.
  private var digests: [Hash: Hash] = [:]
  /// Own changes that only a machine knew whose file was put back.
  private(set) var excusedCount = 0
  var edits = RandomEdits()
  private(set) var isFaulty = true
  /// Lines about what happened, kept while somebody wants to read them.
  private(set) var trace: [String] = []
  private let isTraced: Bool

  /// Events that a world may take: it must come to rest.
  private static let eventLimit = 200_000

  init(_ plan: Plan, folder: URL, isTraced: Bool) throws {
    self.plan = plan
    self.folder = folder
    self.isTraced = isTraced
    var random = SeededRandom(seed: plan.seed)
    for _ in 0..<Int.random(in: 3...5, using: &random) { _ = try add(.replica) }
    for _ in 0..<Int.random(in: 1...2, using: &random) { _ = try add(.hub) }
    for machine in machines { try machine.create(isFounder: machine.number == 0) }
  }

  deinit {
    for machine in machines {
      machine.stop()
      machine.disk.discard()
    }
    try? FileManager.default.removeItem(at: folder)
  }

  var replicas: [Machine] { machines.filter { $0.kind == .replica } }
  var hubs: [Machine] { machines.filter { $0.kind == .hub } }

  func add(
    _ kind: Machine.Kind,
    identities: SimulatedIdentities.Contents = SimulatedIdentities.Contents()
  ) throws -> Machine {
    let number = machines.count
    var random = SeededRandom(seed: plan.seed &* 1000 &+ UInt64(number))
    var limits = SyncLimits()
    // Above all that honest machines have on their way here, and not beyond a peer who floods.
    limits.windowByteLimit = 64 << 10
    limits.appendByteLimit = 32 << 10
    limits.backlogByteLimit = 512 << 10
    limits.windowPackLimit = [1, 2, 5, 64].randomElement(using: &random) ?? 64
    limits.appendPackLimit = [1, 3, 12].randomElement(using: &random) ?? 12
    if Bool.random(using: &random) { limits.windowByteLimit = 2000 }
    let machine = Machine(
      number: number,
      kind: kind,
      disk: try SimulatedDisk(folder: folder.appending(path: "\(number)"), seed: random.next()),
      clock: MachineClock(time),
      limits: limits,
      random: SharedRandom(seed: random.next()),
      identities: identities
    )
    machines.append(machine)
    return machine
  }

  // MARK: - Time

  func plan(after delay: Int64, _ task: @escaping () throws -> Void) {
    schedule.plan(at: time.now + delay, task)
  }

  /// Lets everything happen that is planned.
  ///
  /// - Throws: ``Violation`` and what else goes wrong.
  func run() throws {
    while let (moment, task) = schedule.next() {
      time.advance(by: max(0, moment - time.now))
      eventCount += 1
      guard eventCount < Self.eventLimit else { throw Violation("the world does not come to rest") }
      try task()
    }
  }

  func note(_ line: @autoclosure () -> String) {
    if isTraced { trace.append("\(time.now - 1_500_000_000_000) ms: \(line())") }
  }

  func count(_ fault: Fault) { tally[fault, default: 0] += 1 }

  /// All faults so far, those of the disks and of the stores that lie included.
  var wholeTally: FaultTally {
    let logs = connections.flatMap { [$0.dialler.log, $0.answerer.log] }
    let liars = logs.compactMap { ($0 as? LyingStore)?.tally }
    let disks = machines.map(\.disk.tally)
    return (disks + liars).reduce(tally) { $0.merging($1, uniquingKeysWith: +) }
  }

  /// Nothing more goes wrong.
  func stopFaults() { isFaulty = false }

  // MARK: - Touching a machine's store

  /// Does something with a machine's store, and sees to what the disk makes of it.
  ///
  /// - Returns: `nil` when the machine is off, or when it failed for a reason that the simulator gave it.
  /// - Throws: ``Violation``; `LogFailure`, `PeerFailure` and `ReplicaFailure` as the store throws them.
  func touch<Result>(
    _ machine: Machine,
    _ body: (Machine.Store) throws -> Result
  ) throws -> Result? {
    guard let store = machine.store else { return nil }
    let before = machine.disk.tally
    do {
      let result = try body(store)
      try acknowledge(machine)
      if machine.disk.isOff { crash(machine) }
      return result
    } catch {
      if machine.disk.isOff {
        crash(machine)
        return nil
      }
      let tally = machine.disk.tally
      let isOwnDoing =
        tally[.diskError] != before[.diskError] || tally[.fullDisk] != before[.fullDisk]
      if isOwnDoing || machine.isDamaged { return nil }
      switch error {
      case LogFailure.damaged(let part) where ["log", "state"].contains(part):
        throw Violation("\(machine.name) finds its own \(part) damaged")
      case is Violation, is PeerFailure, is LogFailure, is ReplicaFailure: throw error
      default: throw Violation("\(machine.name): \(error)")
      }
    }
  }

  /// What a call put into the log is promised when the call has returned.
  private func acknowledge(_ machine: Machine) throws {
    guard !machine.isDamaged, !machine.disk.isOff, let store = machine.store else { return }
    let known = machine.ledger.walk.changes.count
    do {
      try machine.ledger.readOn(store.log, shelf)
    } catch let violation as Violation {
      throw Violation("\(machine.name): \(violation)")
    }
    for change in machine.ledger.walk.changes[known...] { try learn(change, from: machine) }
  }

  private func learn(_ change: Change, from machine: Machine) throws {
    let known = hashes.updateValue(change.hash, forKey: change.id)
    guard known ?? change.hash == change.hash || plan.mayFork else {
      throw Violation(
        "\(machine.name) holds another change \(change.header.seq) of lane "
          + "\(change.lane.bytes.hex.prefix(8)) than others do"
      )
    }
  }

  // MARK: - Machines that go off and on

  /// The power goes; some time later the machine starts again.
  func crash(_ machine: Machine) {
    note("\(machine.name) crashes")
    machine.disk.crash()
    stop(machine)
    machine.disk.restart()
    var random = SeededRandom(seed: plan.seed &+ UInt64(eventCount))
    plan(after: Int64.random(in: 10...20_000, using: &random)) { [unowned self] in
      try start(machine)
    }
  }

  /// Ends a machine's program in an orderly way.
  func stop(_ machine: Machine) {
    for connection in connections
    where connection.dialler.machine === machine || connection.answerer.machine === machine {
      disconnect(connection)
    }
    machine.stop()
  }

  /// Starts a machine and looks at what it has kept.
  func start(_ machine: Machine) throws {
    guard machine.store == nil else { return }
    note("\(machine.name) starts")
    do {
      try machine.start()
    } catch {
      guard machine.isDamaged else {
        throw Violation("\(machine.name) does not open its file: \(error)")
      }
      return
    }
    guard machine.hadStaleWAL || machine.isDamaged || !machine.hasSetAside else {
      throw Violation("\(machine.name) has set its own WAL aside")
    }
    try audit(machine)
  }

  // MARK: - Looking

  /// Reads a machine's log from its beginning, and compares its state with others of the same frontier.
  func audit(_ machine: Machine) throws {
    guard !machine.isDamaged, let store = machine.store, !machine.disk.isOff else { return }
    try machine.ledger.audit(store.log, shelf)
    for change in machine.ledger.walk.changes { try learn(change, from: machine) }
    try compareDigest(machine)
  }

  private func compareDigest(_ machine: Machine) throws {
    guard let digest = try touch(machine, { try $0.replica?.digest() }) ?? nil else { return }
    let frontier = machine.ledger.walk.frontier.digest
    guard digests.updateValue(digest, forKey: frontier) ?? digest == digest else {
      throw Violation("\(machine.name) shows another archive than one with the same frontier")
    }
  }

  /// Notes that changes may be gone for good: their only machine had its file put back.
  func excuse(_ lost: Set<Hash>) {
    excusedCount += lost.count { change in !machines.contains { $0.ledger.walk.holds(change) } }
  }
}

extension Machine.Store {
  var replica: Replica? {
    if case .replica(let replica) = self { replica } else { nil }
  }
}

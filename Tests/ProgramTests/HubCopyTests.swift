import Foundation
import Testing

/// A hub's folder is copied to another place, and both are served: two hubs whose logs were one, under
/// one store id, and go apart.
@Suite struct HubCopyTests {
  /// How what came to one hub gets to the other.
  enum Meeting: CaseIterable {
    /// One machine syncs with the copy, then with the original.
    case machineSyncsWithBoth
    /// The same, and at the address of each hub the other one answers.
    case hubsChangePlaces
    case hubIsRemoteOfTheOther
  }

  /// How many notes are written at each hub, so that the logs end at one position or at others.
  struct Counts {
    let atOriginal: Int
    let atCopy: Int

    static let all = [(1, 3), (3, 1), (2, 2)].map { Counts(atOriginal: $0, atCopy: $1) }
  }

  @Test(arguments: Meeting.allCases, Counts.all)
  func `what machines wrote at a hub and at a copy of it comes to all`(
    _ meeting: Meeting,
    _ counts: Counts
  ) throws {
    let story = try IdentityWorld()
    let others = try ["bert", "cleo", "dora"].map { try story.clone($0) }
    let (anna, bert, cleo, dora) = (story.anna, others[0], others[1], others[2])
    #expect(story.hub.stop() == 0)
    let data = story.world.folder
    try Shell.run("cp", "-a", data.path + "/hub", data.path + "/copy")
    var original = try Hub(in: story.world, archives: [], port: story.hub.port)
    var copy = try Hub(in: story.world, archives: [], folder: "copy")
    for machine in [bert, dora] {
      try machine.machine.expect("remote", "remove", "origin")
      try machine.machine.expect("remote", "add", "origin", copy.url("desk"))
    }

    // Cleo and Dora write; Anna and Bert get that, and have something of their own.
    let notesOfCleo = (0..<counts.atOriginal).map { "Cleo's \($0)" }
    let notesOfDora = (0..<counts.atCopy).map { "Dora's \($0)" }
    for (machine, notes) in [
      (cleo, notesOfCleo), (dora, notesOfDora), (anna, ["Anna's"]), (bert, ["Bert's"]),
    ] {
      for note in notes {
        try machine.note(note)
        try machine.sync()
      }
    }
    #expect(try anna.notes() == Set(notesOfCleo + ["Anna's"]))
    #expect(try bert.notes() == Set(notesOfDora + ["Bert's"]))
    let all = Set(notesOfCleo + notesOfDora + ["Anna's", "Bert's"])

    switch meeting {
    case .machineSyncsWithBoth:
      try anna.machine.expect("sync", copy.url("desk"))
      #expect(try anna.notes() == all)
      try anna.sync()
    case .hubsChangePlaces:
      let ports = (original.port, copy.port)
      for hub in [original, copy] { #expect(hub.stop() == 0) }
      copy = try Hub(in: story.world, archives: [], port: ports.0, folder: "copy")
      original = try Hub(in: story.world, archives: [], port: ports.1)
      try anna.sync()
      #expect(try anna.notes() == all)
      try anna.machine.expect("sync", original.url("desk"))
    case .hubIsRemoteOfTheOther:
      #expect(original.stop() == 0)
      let added = try Run(
        "stetd",
        ["remote", "add", "desk", copy.url("desk"), "--data", "hub"],
        in: data
      )
      #expect(added.status == 0, "\(added.complaints)")
      original = try Hub(in: story.world, archives: [], port: original.port)
      for machine in [anna, bert] {
        try Self.eventually {
          try machine.sync()
          return try machine.notes() == all
        }
      }
    }

    // Each hub has all now, and gives it to those who come to it alone.
    let late = try [original, copy].enumerated().map { number, hub in
      let late = DeskCopy(machine: try Machine("late-\(number)", in: story.world))
      try late.machine.expect("clone", hub.url("desk"))
      return late
    }
    for machine in [bert, cleo, dora] { try machine.sync() }
    for machine in [anna, bert, cleo, dora] + late {
      #expect(try machine.notes() == all)
      #expect(try machine.machine.digest() == anna.machine.digest())
      #expect(try machine.replicaCount() == 4)
    }
    for (hub, folder) in [(original, "hub"), (copy, "copy")] {
      #expect(hub.stop() == 0)
      let run = try Run("stetd", ["verify", "--data", folder], in: data)
      #expect(run.status == 0, "\(run.output)")
    }
  }

  /// Tries until it is so, as long as a test has patience.
  private static func eventually(_ body: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + Programs.patience
    while ContinuousClock.now < deadline {
      if try body() { return }
    }
    Issue.record("not within \(Programs.patience)")
  }
}

import Foundation
import Testing

/// Two copies that wrote under one key without knowing of each other: both branches are kept, and
/// people are told.
@Suite struct ForkStoryTests {
  /// The sentence that tells people, wherever it is printed.
  private static let words = "two copies"

  /// Expects that the sync which finds a fork says so, and `stet status` from then on.
  ///
  /// - `run`: that sync.
  private func expectTold(
    _ run: Run,
    _ copy: DeskCopy,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let said = run.complaints
    #expect(said.contains(Self.words), "\(said)", sourceLocation: sourceLocation)
    try expectShown(copy, sourceLocation: sourceLocation)
  }

  private func expectShown(
    _ copy: DeskCopy,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let status = try copy.stet("status").output
    #expect(status.contains(Self.words), "\(status)", sourceLocation: sourceLocation)
  }

  @Test func `a machine put back with its keys that writes before it syncs keeps both branches`()
    throws
  {
    let story = try IdentityWorld()
    let bert = try story.clone("bert")
    try story.anna.note("before the snapshot")
    try story.anna.sync()
    let snapshot = try story.anna.machine.snapshot()
    try story.anna.note("after the snapshot")
    try story.anna.sync()
    try bert.sync()
    try story.anna.machine.rollBack(to: snapshot)
    try story.anna.note("after the rollback")
    try expectTold(try story.anna.sync(), story.anna)
    try expectTold(try bert.sync(), bert)
    try story.anna.note("later")
    try story.expectAgreement(
      [story.anna, bert],
      on: ["before the snapshot", "after the snapshot", "after the rollback", "later"]
    )
    for copy in [story.anna, bert] { try expectShown(copy) }
  }

  @Test func `who serves, who stays in sync and who takes a bundle is told of a fork`() throws {
    let story = try IdentityWorld()
    let (bert, cleo, dora) = (
      try story.clone("bert"), try story.clone("cleo"), try story.clone("dora")
    )
    let anna = story.anna
    let snapshot = try anna.machine.snapshot()
    try anna.note("first branch")
    try anna.sync()
    for copy in [bert, cleo] { try copy.sync() }
    let live = try LiveRun(on: dora.machine)
    try live.expect("live")
    try anna.machine.rollBack(to: snapshot)
    try anna.note("second branch")
    try expectTold(try anna.sync(), anna)

    while try !dora.notes().contains("second branch") { try #require(try live.next() != nil) }
    #expect(live.stop() == 0)
    let heard = live.said()
    #expect(heard.contains(Self.words), "\(heard)")

    try anna.machine.expect("bundle", "create", "desk.bundle")
    let bundle = anna.machine.folder.appending(path: "desk.bundle").path
    try expectTold(try bert.stet("bundle", "apply", bundle), bert)

    let server = try PeerServer(of: cleo.machine)
    try anna.machine.expect("sync", server.url("desk"))
    let (status, said) = server.stop()
    #expect(status == 0)
    #expect(said.contains(Self.words), "\(said)")
    try story.expectAgreement(
      [anna, bert, cleo, dora],
      on: ["first branch", "second branch"]
    )
  }

  /// Who of the two syncs first.
  enum Order: CaseIterable {
    case original
    case twin
  }

  /// A machine and its copy have the same folder, so they take turns in it: as two machines would
  /// whose users have the same home folder.
  @Test(arguments: Order.allCases)
  func `a machine and its copy with the same keys both keep what they wrote`(_ order: Order) throws
  {
    let story = try IdentityWorld()
    let cleo = try story.clone("cleo")
    let anna = story.anna
    try anna.note("before the copy")
    try anna.sync()
    var waiting = try anna.machine.snapshot()
    /// The other of the two takes its turn.
    func change() throws { waiting = try anna.machine.rollBack(to: waiting) }

    try anna.note("original 1")
    try anna.note("original 2")
    try change()
    try anna.note("twin 1")
    try anna.note("twin 2")
    try anna.note("twin 3")
    if order == .original { try change() }
    try anna.sync()

    // Cleo saw this branch only, and builds on it before the other one comes.
    try cleo.sync()
    let built = try cleo.stet("set", "100231", "headline=Cleo's")
    #expect(built.status == 0)
    try cleo.sync()
    try change()
    try expectTold(try anna.sync(), anna)
    try anna.note("of the second")
    try anna.sync()
    try change()
    try anna.sync()
    try anna.note("of the first")
    try anna.sync()

    try expectTold(try cleo.sync(), cleo)
    let notes: Set<String> = [
      "before the copy", "original 1", "original 2", "twin 1", "twin 2", "twin 3",
      "of the first", "of the second",
    ]
    try story.expectAgreement([anna, cleo], on: notes)
    let digest = try anna.stet("digest").output
    try change()
    try anna.sync()
    #expect(try anna.notes() == notes)
    #expect(try anna.stet("digest").output == digest)
    let shown = try cleo.machine.json("show", "100231") as? [String: Any]
    #expect(shown?["headline"] as? String == "Cleo's")
    for copy in [anna, cleo] { try expectShown(copy) }
  }

  @Test func `branches that met only through a third machine are both kept`() throws {
    let story = try IdentityWorld()
    let bert = try story.clone("bert")
    let anna = story.anna
    let snapshot = try anna.machine.snapshot()
    try anna.note("first branch")
    try anna.sync()
    try bert.sync()
    try bert.note("on the first branch")
    // The hub loses the first branch; Bert has it, and something of his own that names it.
    #expect(story.hub.stop() == 0)
    let data = story.world.folder.appending(path: "hub")
    try Shell.run("rm", "-r", data.path)
    let hub = try Hub(in: story.world, archives: ["desk"], port: story.hub.port)
    try anna.machine.rollBack(to: snapshot)
    try anna.note("second branch")
    try anna.sync()
    try bert.sync()
    try story.expectAgreement(
      [anna, bert],
      on: ["first branch", "on the first branch", "second branch"]
    )
    #expect(hub.stop() == 0)
  }
}

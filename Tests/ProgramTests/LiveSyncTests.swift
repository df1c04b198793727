import Foundation
import Testing

@Suite struct LiveSyncTests {
  private static func begun(in world: World, _ anna: Machine) throws -> String {
    try anna.write(TestPage.lines(3), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    return try #require(
      (try anna.json("list", "--limit", "1") as? [[String: Any]])?.first?["id"] as? String
    )
  }

  private static func tags(_ machine: Machine, _ id: String) throws -> [String] {
    let shown = try machine.json("show", id) as? [String: Any]
    return try #require(shown?["tags"] as? [String])
  }

  @Test func `what one machine writes comes to the other while both stay connected to a hub`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let (anna, bert) = (try Machine("anna", in: world), try Machine("bert", in: world))
    let id = try Self.begun(in: world, anna)
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    // The first push goes over in the session that then stays open.
    let first = try LiveRun(on: anna)
    #expect(try first.expect("live")["equal"] as? Bool == true)
    try bert.expect("clone", hub.url("desk"))
    let second = try LiveRun(on: bert)
    try second.expect("live")
    // Other programs write to the archives that the live ones have open.
    try anna.expect("tag", "--lock-timeout", "600", id, "+anna")
    #expect(try second.expect("changes")["changes_received"] as? Int == 1)
    #expect(try Self.tags(bert, id).contains("anna"))
    try bert.expect("tag", "--lock-timeout", "600", id, "+bert")
    while try !Self.tags(anna, id).contains("bert") { try first.expect("changes") }
    #expect(try anna.digest() == bert.digest())
    #expect(first.stop() == 0)
    // What the hub acknowledged is known to be there.
    let status = try #require(try anna.json("status") as? [String: Any])
    #expect(status["unsent"] as? Int == 0)
    #expect(second.stop() == 0)
    #expect(hub.stop() == 0)
  }

  @Test func `a hub that stops ends its live sessions, and one that is there again is found`()
    throws
  {
    let world = try World()
    let anna = try Machine("anna", in: world)
    let id = try Self.begun(in: world, anna)
    let port = try {
      let hub = try Hub(in: world, archives: ["desk"])
      try anna.expect("remote", "add", "origin", hub.url("desk"))
      try anna.expect("sync")
      return hub.port
    }()
    // It is away when the live sync begins.
    let live = try LiveRun(on: anna)
    try live.expect("lost")
    var hub = try Hub(in: world, archives: [], port: port)
    try live.expect("live")
    #expect(hub.stop() == 0)
    try live.expect("lost")
    try anna.expect("tag", "--lock-timeout", "600", id, "+offline")
    hub = try Hub(in: world, archives: [], port: port)
    try live.expect("live")
    let bert = try Machine("bert", in: world)
    try bert.expect("clone", hub.url("desk"))
    #expect(try Self.tags(bert, id).contains("offline"))
    hub.kill()
    try live.expect("lost")
    #expect(live.stop() == 0)
  }

  @Test func `two replicas stay connected without a hub, over TCP and over a pipe`() throws {
    let world = try World()
    let (anna, bert) = (try Machine("anna", in: world), try Machine("bert", in: world))
    let id = try Self.begun(in: world, anna)
    let server = try PeerServer(of: anna)
    try bert.expect("clone", server.url("desk"))
    for (tag, remote) in [("tcp", "origin"), ("pipe", "exec:" + anna.serving())] {
      let live = try LiveRun(on: bert, remote)
      try live.expect("live")
      // Nobody tells the answering program: it sees that its archive has grown.
      try anna.expect("tag", id, "+" + tag)
      try live.expect("changes")
      #expect(try Self.tags(bert, id).contains(tag))
      #expect(live.stop() == 0)
    }
    #expect(server.stop().status == 0)
  }

  @Test func `a live sync ends with what no further try would better`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["other"])
    let (anna, bert) = (try Machine("anna", in: world), try Machine("bert", in: world))
    _ = try Self.begun(in: world, anna)
    try bert.expect("init", "other")
    try bert.expect("remote", "add", "origin", hub.url("other"))
    try bert.expect("sync")
    try anna.expect("remote", "add", "origin", hub.url("other"))
    let run = try anna.stet("sync", "--live")
    #expect(run.status == 8)
    #expect(run.complaints.contains("another one"))
    #expect(try anna.stet("sync", "--live", "--stats").status == 2)
  }
}

import Foundation
import Testing

@Suite struct HubRemoteTests {
  /// Tries until it is so, as long as a test has patience.
  private static func eventually(_ what: String, _ body: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + Programs.patience
    while ContinuousClock.now < deadline {
      if try body() { return }
    }
    Issue.record("not within \(Programs.patience): \(what)")
  }

  @Test func `what comes to a hub goes on to its remote, and what is there comes back`() throws {
    let world = try World()
    let far = try Hub(in: world, archives: ["desk"], folder: "far")
    let near = try Hub(in: world, archives: ["desk"], folder: "near", remotes: [far.url("desk")])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.lines(40), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("remote", "add", "origin", near.url("desk"))
    try anna.expect("sync")
    try Self.eventually("bert gets anna's articles from the far hub") {
      try bert.stet("clone", far.url("desk")).status == 0
    }
    try Self.eventually("all of them") {
      try bert.expect("sync")
      return try bert.digest() == anna.digest()
    }
    let id = try #require(
      (try bert.json("list", "--limit", "1") as? [[String: Any]])?.first?["id"] as? String
    )
    try bert.expect("tag", id, "+bert")
    try bert.expect("sync")
    try anna.expect("tag", id, "+anna")
    try anna.expect("sync")
    try Self.eventually("both have both tags") {
      for machine in [anna, bert] { try machine.expect("sync") }
      return try bert.digest() == anna.digest()
    }
    let shown = try anna.json("show", id) as? [String: Any]
    #expect(Set(try #require(shown?["tags"] as? [String])).isSuperset(of: ["anna", "bert"]))
    #expect(near.stop() == 0)
    #expect(far.stop() == 0)
    // That both were empty at first was no failure, after which nothing would be passed on for a while.
    let log = near.said()
    #expect(log.contains("remote synced") && !log.contains("remote failed"), "\(log)")
  }

  @Test func `a hub that was started again knows how far it knows its remote's log`() throws {
    let world = try World()
    let far = try Hub(in: world, archives: ["desk"], folder: "far")
    let bert = try Machine("bert", in: world)
    let anna = try Machine("anna", in: world)
    try bert.expect("init", "desk")
    try bert.expect("remote", "add", "origin", far.url("desk"))
    try bert.expect("sync")
    let near = try Hub(in: world, archives: ["desk"], folder: "near", remotes: [far.url("desk")])
    try Self.eventually("the near hub has the archive") {
      try anna.stet("clone", near.url("desk")).status == 0
    }
    #expect(near.stop() == 0)
    try bert.expect("profile", "--name", "Bert")
    try bert.expect("sync")
    let again = try Hub(
      in: world,
      archives: [],
      port: near.port,
      folder: "near"
    )
    try Self.eventually("anna has what came to the far hub") {
      try anna.expect("sync")
      return try anna.digest() == bert.digest()
    }
    #expect(again.stop() == 0)
    #expect(far.stop() == 0)
    // Hello and the end; a third would be the question for frontiers, of who was not told.
    let synced = again.said().split(separator: "\n").filter { $0.contains("remote synced") }
    #expect(
      !synced.isEmpty && synced.allSatisfy { $0.contains("round_trips=2") },
      "\(again.said())"
    )
  }

  @Test func `two hubs that name each other pass on at once what comes to either`() throws {
    let world = try World()
    let first = try Hub(in: world, archives: ["desk"], folder: "first")
    let second = try Hub(
      in: world,
      archives: ["desk"],
      folder: "second",
      remotes: [first.url("desk")]
    )
    let added = try Run(
      "stetd",
      ["remote", "add", "desk", second.url("desk"), "--data", world.folder.path + "/first"],
      in: world.folder
    )
    #expect(added.status == 0)
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.expect("init", "desk")
    try anna.expect("remote", "add", "origin", first.url("desk"))
    try anna.expect("sync")
    // The running hub finds the remote that was added.
    try Self.eventually("the archive is at the second hub") {
      try bert.stet("clone", second.url("desk")).status == 0
    }
    for round in 0..<3 {
      try anna.expect("profile", "--name", "Anna \(round)")
      try anna.expect("sync")
      try bert.expect("profile", "--name", "Bert \(round)")
      try bert.expect("sync")
      try Self.eventually("round \(round)") {
        for machine in [anna, bert] { try machine.expect("sync") }
        return try bert.digest() == anna.digest()
      }
    }
    #expect(first.stop() == 0)
    #expect(second.stop() == 0)
  }

  @Test func `a remote that is away is called again until it is there`() throws {
    let world = try World()
    let port = try {
      let hub = try Hub(in: world, archives: ["desk"], folder: "far")
      #expect(hub.stop() == 0)
      return hub.port
    }()
    let url = "stet://127.0.0.1:\(port)/desk"
    let near = try Hub(in: world, archives: ["desk"], folder: "near", remotes: [url])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.expect("init", "desk")
    try anna.expect("remote", "add", "origin", near.url("desk"))
    try anna.expect("sync")
    #expect(try bert.stet("clone", url).status == 9)
    let far = try Hub(in: world, archives: [], port: port, folder: "far")
    try Self.eventually("the archive is at the far hub") {
      try bert.stet("clone", url).status == 0
    }
    #expect(try bert.digest() == anna.digest())
    #expect(far.stop() == 0)
    // It is away again, and no reason not to stop.
    #expect(near.stop() == 0)
  }

  @Test func `remotes are added, listed and removed`() throws {
    let world = try World()
    func stetd(_ arguments: String...) throws -> Run {
      try Run("stetd", arguments + ["--data", world.folder.path + "/hub"], in: world.folder)
    }
    #expect(try stetd("archive", "create", "desk").status == 0)
    let (near, far) = ("stet://127.0.0.1:7475/desk", "stet://[::1]:7476/other")
    #expect(try stetd("remote", "list").output == "")
    #expect(try stetd("remote", "add", "desk", near).status == 0)
    #expect(try stetd("remote", "add", "desk", far).status == 0)
    #expect(try stetd("remote", "add", "desk", near).status == 1)
    #expect(try stetd("remote", "list").output == "desk\t\(near)\ndesk\t\(far)")
    #expect(try stetd("remote", "remove", "desk", near).status == 0)
    #expect(try stetd("remote", "remove", "desk", near).status == 4)
    #expect(try stetd("remote", "list", "--json").output.contains(far))
    #expect(try stetd("remote", "add", "none", near).status == 4)
    #expect(try stetd("remote", "add", "desk", "ssh://h/a").status == 2)
    #expect(try stetd("remote", "add", "desk", "stet://hub.example/desk").status == 8)
    #expect(try stetd("archive", "list").output.split(separator: "\n").count == 1)
  }
}

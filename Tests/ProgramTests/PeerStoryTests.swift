import Foundation
import GRDB
import Testing

@Suite struct PeerStoryTests {
  /// A machine with an archive of some articles.
  private static func anna(in world: World, articles: Int = 20) throws -> Machine {
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(articles), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    return anna
  }

  @Test func `two replicas sync without a hub, and the one that serves is edited meanwhile`() throws
  {
    let world = try World()
    let anna = try Self.anna(in: world)
    let bert = try Machine("bert", in: world)
    let server = try PeerServer(of: anna)
    try bert.expect("clone", server.url("desk"))
    #expect(try bert.digest() == anna.digest())
    let ids = try #require(try anna.json("list", "--limit", "20") as? [[String: Any]])
      .compactMap { $0["id"] as? String }
    for (round, id) in ids.prefix(8).enumerated() {
      try bert.expect("tag", "--lock-timeout", "600", id, "+bert\(round)")
      let sync = try Programs.start("stet", ["sync", "--lock-timeout", "600"], in: bert.folder)
      let said = Programs.drain(sync.complaints)
      try anna.expect("tag", "--lock-timeout", "600", id, "+anna\(round)")
      sync.process.waitUntilExit()
      #expect(sync.process.terminationStatus == 0, "\(said())")
    }
    try bert.expect("sync")
    #expect(try bert.digest() == anna.digest())
    let shown = try bert.json("show", ids[7]) as? [String: Any]
    let tags = try #require(shown?["tags"] as? [String])
    #expect(Set(tags).isSuperset(of: ["anna7", "bert7"]))
    try anna.expect("verify")
    let (status, log) = server.stop()
    #expect(status == 0)
    #expect(log.contains("nothing new") || log.contains("sent"), "\(log)")
  }

  @Test func `several replicas at once come to the same archive through one that serves`() throws {
    let world = try World()
    let anna = try Self.anna(in: world)
    let server = try PeerServer(of: anna)
    let others = try (0..<4).map { try Machine("other\($0)", in: world) }
    for (number, other) in others.enumerated() {
      try other.expect("clone", server.url("desk"))
      try other.write(TestPage.lines(200 + number), to: "more.jsonl")
      try other.expect("import", "more.jsonl")
    }
    for _ in 0..<2 {
      let syncs = try others.map {
        try Programs.start("stet", ["sync", "--lock-timeout", "600"], in: $0.folder)
      }
      for sync in syncs {
        let said = Programs.drain(sync.complaints)
        sync.process.waitUntilExit()
        #expect(sync.process.terminationStatus == 0, "\(said())")
      }
    }
    for other in others {
      try other.expect("sync")
      #expect(try other.digest() == anna.digest())
    }
    #expect(server.stop().status == 0)
    try anna.expect("verify")
  }

  @Test func `a server knows its archive by name and by id, and listens only here`() throws {
    let world = try World()
    let anna = try Self.anna(in: world)
    let bert = try Machine("bert", in: world)
    let server = try PeerServer(of: anna)
    let unknown = try bert.stet("clone", server.url("other"))
    #expect(unknown.status == 4)
    #expect(unknown.complaints.contains("only desk"), "\(unknown.complaints)")
    try bert.expect("init", "desk")
    let stranger = try bert.stet("sync", server.url("desk"))
    #expect(stranger.status == 8, "\(stranger.complaints)")
    #expect(server.stop().status == 0)
    let everywhere = try anna.stet("serve", "--listen", "0.0.0.0:0")
    #expect(everywhere.status == 8)
    #expect(try anna.stet("serve", "--listen", "here").status == 2)
    #expect(try anna.stet("serve", "--stdio", "--listen", "127.0.0.1:0").status == 2)
  }

  @Test func `a file that took the place of the served one is what the next peer gets`() throws {
    let world = try World()
    let anna = try Self.anna(in: world)
    let bert = try Machine("bert", in: world)
    let server = try PeerServer(of: anna)
    try bert.expect("clone", server.url("desk"))
    let file = anna.folder.appending(path: "desk.stet")
    try FileManager.default.moveItem(at: file, to: anna.folder.appending(path: "old.stet"))
    #expect(try bert.stet("sync").status == 9)
    try anna.expect("clone", "exec:" + bert.serving(), "desk.stet")
    let id = try #require(
      (try bert.json("list", "--limit", "1") as? [[String: Any]])?.first?["id"] as? String
    )
    try bert.expect("tag", id, "+later")
    try bert.expect("sync")
    let shown = try Run("stet", ["show", id, "--archive", "desk.stet", "--json"], in: anna.folder)
    #expect(shown.output.contains("later"), "\(shown.complaints)")
    #expect(server.stop().status == 0)
  }

  // MARK: - ssh

  @Test func `clone and sync over ssh, whatever the file is called`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(20), to: "wire.jsonl")
    let file = "it's our desk!.stet"
    try anna.expect("init", "desk")
    try FileManager.default.moveItem(
      at: anna.folder.appending(path: "desk.stet"),
      to: anna.folder.appending(path: file)
    )
    try anna.expect("import", "wire.jsonl")
    let ssh = try FakeSSH(to: anna, in: world)
    let bert = try Machine("bert", in: world)
    let url = "ssh://anna@far.example:2222/~/it's%20our%20desk!.stet"
    let clone = try bert.stet("clone", url, "desk.stet", ssh: ssh)
    #expect(clone.status == 0, "\(clone.complaints)")
    #expect(
      ssh.arguments == [
        "-p", "2222", "anna@far.example",
        #"stet serve --stdio --archive='it'\''s our desk'\!'.stet'"#,
      ]
    )
    let id = try #require(
      (try bert.json("list", "--limit", "1") as? [[String: Any]])?.first?["id"] as? String
    )
    try bert.expect("tag", id, "+bert")
    try anna.expect("tag", id, "+anna")
    let sync = try bert.stet("sync", "--json", ssh: ssh)
    #expect(sync.status == 0, "\(sync.complaints)")
    #expect(try bert.digest() == anna.digest())
    let idle = try bert.stet("sync", "--json", ssh: ssh)
    let report = try JSONSerialization.jsonObject(with: Data(idle.output.utf8)) as? [String: Any]
    #expect(report?["round_trips"] as? Int == 1)
    let absolute = "ssh://far.example" + anna.folder.path + "/it's%20our%20desk!.stet"
    #expect(try bert.stet("sync", absolute, ssh: ssh).status == 0)
  }

  @Test(arguments: [
    "ssh://-oProxyCommand=touch%20pwned/~/desk.stet", "ssh://-oProxyCommand=touch@far/~/desk.stet",
    "ssh://anna@-oProxyCommand=touch/~/desk.stet", "ssh://far;touch pwned/~/desk.stet",
  ])
  func `a host that is an option of ssh is no address`(url: String) throws {
    let world = try World()
    let bert = try Machine("bert", in: world)
    try bert.expect("init", "desk")
    let ssh = try FakeSSH(to: bert, in: world)
    for run in [
      try bert.stet("clone", url, ssh: ssh), try bert.stet("sync", url, ssh: ssh),
      try bert.stet("remote", "add", "origin", url, ssh: ssh),
    ] {
      #expect(run.status == 2, "\(run.complaints)")
      #expect(run.complaints.contains("is not an address"))
    }
    #expect(ssh.arguments == nil)
  }

  @Test func `what goes wrong at the other end is said, with its exit code`() throws {
    let world = try World()
    let anna = try Self.anna(in: world)
    let bert = try Machine("bert", in: world)
    let ssh = try FakeSSH(to: anna, in: world)
    let missing = try bert.stet("clone", "ssh://far/~/nowhere.stet", ssh: ssh)
    #expect(missing.status == 9)
    #expect(missing.complaints.contains("nowhere.stet"))
    #expect(missing.complaints.contains("ssh to far ended with code 10"), "\(missing.complaints)")
    #expect(!FileManager.default.fileExists(atPath: bert.folder.path + "/nowhere.stet"))
    let absent = try Run(
      "stet",
      ["clone", "ssh://far/~/desk.stet"],
      in: bert.folder,
      environment: ["STET_SSH": "/no/such/ssh"]
    )
    #expect(absent.status == 9)
    #expect(absent.complaints.contains("with code 127"), "\(absent.complaints)")
    let noisy = try Run(
      "stet",
      ["clone", "ssh://far/~/desk.stet"],
      in: bert.folder,
      environment: ["STET_SSH": "echo Welcome;"]
    )
    #expect(noisy.status == 14)
    #expect(noisy.complaints.contains("login script"), "\(noisy.complaints)")
  }

  // MARK: - Commands

  @Test func `a program that dies in the middle of a copy costs only the rest`() throws {
    let world = try World()
    let anna = try Self.anna(in: world, articles: 3000)
    let bert = try Machine("bert", in: world)
    // The first time 256 KiB of the log arrive, some packs, and then everything is gone at once.
    let url =
      "exec:if [ -e again ]; then \(anna.serving()); else touch again; "
      + "sh -c 'echo $$ > pid; exec env \(anna.serving(quotedBy: "\""))' | "
      + "{ head -c 262144; kill $(cat pid); }; exit 5; fi"
    let broken = try bert.stet("clone", url, "desk.stet")
    #expect(broken.status == 9)
    #expect(broken.complaints.contains("ended with code 5"), "\(broken.complaints)")
    let arrived = try StoredChanges.count(in: bert.folder.path + "/desk.stet")
    #expect(arrived > 1000)
    let report = try bert.json("clone", url, "desk.stet")
    #expect((report as? [String: Any])?["changes_received"] as? Int == 3001 - arrived)
    #expect(try bert.digest() == anna.digest())
  }

  @Test func `a program ends with the stet that started it, also when that is killed`() throws {
    let world = try World()
    let bert = try Machine("bert", in: world)
    try bert.expect("init", "desk")
    let (begun, gone) = (world.folder.path + "/begun", world.folder.path + "/gone")
    let sync = try Programs.start(
      "stet",
      ["sync", "exec:touch '\(begun)'; cat > /dev/null; touch '\(gone)'"],
      in: bert.folder
    )
    while sync.process.isRunning, !FileManager.default.fileExists(atPath: begun) {}
    kill(sync.process.processIdentifier, SIGKILL)
    sync.process.waitUntilExit()
    let deadline = ContinuousClock.now + Programs.patience
    while !FileManager.default.fileExists(atPath: gone), ContinuousClock.now < deadline {}
    #expect(FileManager.default.fileExists(atPath: gone))
  }

  @Test func `an archive keeps no command, and runs none that somebody put into its file`() throws {
    let world = try World()
    let bert = try Machine("bert", in: world)
    try bert.expect("init", "desk")
    #expect(try bert.stet("remote", "add", "origin", "exec:touch pwned").status == 2)
    let database = try DatabaseQueue(path: bert.folder.path + "/desk.stet")
    try database.write { db in
      // The file's own triggers call it; what it gives matters to 'stet verify' only.
      db.add(function: DatabaseFunction("row_checksum", pure: true) { _ in 0 })
      try db.execute(
        sql: "INSERT INTO remotes (name, address) VALUES ('origin', 'exec:touch pwned')"
      )
    }
    try database.close()
    let named = try bert.stet("sync", "origin")
    #expect(named.status == 2)
    #expect(named.complaints.contains("keeps no exec: address"), "\(named.complaints)")
    #expect(!FileManager.default.fileExists(atPath: bert.folder.path + "/pwned"))
  }

  @Test func `stdio is for pipes`() throws {
    let world = try World()
    let bert = try Machine("bert", in: world)
    try bert.expect("init", "desk")
    let run = try bert.stet("serve", "--stdio")
    #expect(run.status == 2)
    #expect(run.complaints.contains("no pipes"), "\(run.complaints)")
    #expect(run.output.isEmpty)
  }

  // MARK: - Statistics

  @Test func `statistics tell bytes before and after compression, and stages that add up`() throws {
    let world = try World()
    let anna = try Self.anna(in: world, articles: 500)
    let hub = try Hub(in: world, archives: ["desk"])
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    let sent = try #require(try anna.json("sync") as? [String: Any])
    let bert = try Machine("bert", in: world)
    let received = try #require(try bert.json("clone", hub.url("desk")) as? [String: Any])
    func number(_ report: [String: Any], _ key: String) throws -> Double {
      try #require((report[key] as? NSNumber)?.doubleValue, "\(key)")
    }
    #expect(try number(sent, "changes_sent") == 501)
    #expect(try number(received, "changes_received") == 501)
    #expect(try number(sent, "plain_bytes_sent") > 1.5 * number(sent, "bytes_sent"))
    #expect(try number(received, "plain_bytes_sent") == number(received, "bytes_sent"))
    // The same packs went out of one and into the other.
    #expect(
      try number(sent, "plain_bytes_sent") - number(sent, "bytes_sent")
        == number(received, "plain_bytes_received") - number(received, "bytes_received")
    )
    for report in [sent, received] {
      let stages = try #require(report["stage_seconds"] as? [String: Any])
      let names = ["prepare", "connect", "greet", "exchange", "conclude"]
      let parts = try names.map { try number(stages, $0) }
      #expect(parts.allSatisfy { $0 >= 0 })
      #expect(try abs(parts.reduce(0, +) - number(report, "seconds")) < 1e-6)
      #expect(try number(report, "sessions") == 1)
      #expect(try number(report, "store_read_seconds") > 0)
    }
    #expect(try number(received, "store_write_seconds") > 0)
    let lines = try anna.stet("sync", "--stats").output
    for word in ["round trips", "before compression", "greet", "digest"] {
      #expect(lines.contains(word), "\(word)")
    }
    #expect(hub.stop() == 0)
  }
}

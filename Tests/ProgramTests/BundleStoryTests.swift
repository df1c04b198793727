import Foundation
import Testing

@Suite struct BundleStoryTests {
  /// Machines that never reach a network; the stick is a folder of the world.
  private let world: World
  private let stick: URL

  init() throws {
    world = try World()
    stick = world.folder.appending(path: "stick")
    try FileManager.default.createDirectory(at: stick, withIntermediateDirectories: true)
  }

  private func file(_ name: String) -> String { stick.appending(path: name).path }

  private func notes(_ machine: Machine) throws -> Set<String> {
    let shown = try machine.json("show", "100231") as? [String: Any]
    let annotations = shown?["annotations"] as? [[String: Any]]
    return Set(annotations?.compactMap { $0["note"] as? String } ?? [])
  }

  @Test func `two machines keep one archive by a stick alone`() throws {
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    let first = try anna.json("bundle", "create", file("1")) as? [String: Any]
    let annasCursor = try #require(first?["cursor"] as? String)
    let cloned = try bert.json("clone", file("1")) as? [String: Any]
    #expect(cloned?["equal"] as? Bool == true)
    #expect(try bert.digest() == anna.digest())

    // Both write; the stick goes both ways.
    try anna.expect("annotate", "100231", "--note", "from Anna")
    try bert.expect("annotate", "100231", "--note", "from Bert")
    let there = try bert.json("bundle", "create", file("2")) as? [String: Any]
    let bertsCursor = try #require(there?["cursor"] as? String)
    try anna.expect("bundle", "create", file("3"), "--since", annasCursor)
    try anna.expect("bundle", "apply", file("2"))
    let applied = try bert.json("bundle", "apply", file("3")) as? [String: Any]
    #expect(applied?["changes_new"] as? Int == 1)
    #expect(try anna.digest() == bert.digest())
    for machine in [anna, bert] { #expect(try notes(machine) == ["from Anna", "from Bert"]) }

    // A second time, and one's own: harmless.
    for name in ["1", "2", "3"] {
      for machine in [anna, bert] {
        let again = try machine.json("bundle", "apply", file(name)) as? [String: Any]
        #expect(again?["changes_new"] as? Int == 0)
      }
    }
    #expect(try anna.digest() == bert.digest())

    // One bundle is forgotten at home.
    try bert.expect("annotate", "100231", "--note", "forgotten")
    let forgotten =
      try bert.json("bundle", "create", file("4"), "--since", bertsCursor) as? [String: Any]
    let cursor = try #require(forgotten?["cursor"] as? String)
    try bert.expect("annotate", "100231", "--note", "the next")
    try bert.expect("bundle", "create", file("5"), "--since", cursor)
    let before = try anna.digest()
    let gap = try anna.stet("bundle", "apply", file("5"))
    #expect(gap.status == 7)
    #expect(gap.complaints.contains("of lane"), "\(gap.complaints)")
    #expect(gap.complaints.contains("nothing of"), "\(gap.complaints)")
    #expect(gap.complaints.split(separator: "\n").count == 1)
    #expect(try anna.digest() == before)
    #expect(try anna.stet("held").output.isEmpty)
    let looked = try anna.stet("bundle", "verify", file("5"), "--json")
    #expect(looked.status == 7)
    let found = try JSONSerialization.jsonObject(with: Data(looked.output.utf8))
    #expect((found as? [String: Any])?["fits"] as? Bool == false)
    #expect(((found as? [String: Any])?["missing"] as? [Any])?.count == 1)
    try anna.expect("bundle", "apply", file("4"))
    try anna.expect("bundle", "verify", file("5"))
    try anna.expect("bundle", "apply", file("5"))
    #expect(try anna.digest() == bert.digest())
    #expect(try notes(anna).contains("the next"))
    for machine in [anna, bert] { try machine.expect("verify") }
  }

  @Test func `a bundle goes through a pipe, and is not overwritten`() throws {
    let anna = try Machine("anna", in: world)
    try anna.expect("init", "desk")
    try anna.write(TestPage.lines(300), to: "wire.jsonl")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("bundle", "create", file("a"))
    let refused = try anna.stet("bundle", "create", file("a"))
    #expect(refused.status == 1)
    #expect(refused.complaints.contains("exists already"))
    let bert = try Machine("bert", in: world)
    try bert.expect("clone", file("a"))
    try anna.expect("tag", "a17", "+sea")
    let program = Programs.folder.appending(path: "stet").path
    let script = """
      '\(program)' bundle create - --archive '\(anna.folder.path)/desk.stet' \
      | '\(program)' bundle apply -
      """
    try bert.write(script, to: "pipe.sh")
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["pipe.sh"]
    shell.currentDirectoryURL = bert.folder
    shell.environment = ProcessInfo.processInfo.environment.merging(
      ["XDG_STATE_HOME": anna.folder.appending(path: "state").path]
    ) { $1 }
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try anna.digest() == bert.digest())
    #expect(try FileManager.default.contentsOfDirectory(atPath: stick.path) == ["a"])
  }

  @Test func `since a remote or a day, and what names nothing`() throws {
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    try bert.expect("clone", hub.url("desk"))
    try anna.expect("annotate", "100231", "--note", "unsent")
    let unsent =
      try anna.json("bundle", "create", file("remote"), "--since", "origin") as? [String: Any]
    #expect(unsent?["changes"] as? Int == 1)
    try bert.expect("bundle", "apply", file("remote"))
    #expect(try anna.digest() == bert.digest())
    // Bert passes on what he got by stick.
    try bert.expect("sync")
    try anna.expect("sync")
    let early =
      try anna.json("bundle", "create", file("day"), "--since", "2001-01-01") as? [String: Any]
    let all = try anna.json("bundle", "create", file("all")) as? [String: Any]
    #expect(early?["changes"] as? Int == all?["changes"] as? Int)
    let late =
      try anna.json("bundle", "create", file("late"), "--since", "2100-01-01") as? [String: Any]
    #expect(late?["changes"] as? Int == 0)
    let nonsense = try anna.stet("bundle", "create", file("no"), "--since", "yesterday")
    #expect(nonsense.status == 2)
    let foreign = try anna.stet(
      "bundle",
      "create",
      file("no"),
      "--since",
      "39d5b057a3751b468f55829ede280a66:1:ffdb943630e24b08"
    )
    #expect(foreign.status == 1)
    #expect(!FileManager.default.fileExists(atPath: file("no")))
    #expect(hub.stop() == 0)
  }

  @Test func `a damaged bundle is found anywhere, and taken in nowhere`() throws {
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("bundle", "create", file("a"))
    // No archive here, and another one.
    let alone = try bert.json("bundle", "verify", file("a")) as? [String: Any]
    #expect(alone?["fits"] is NSNull)
    #expect(alone?["changes_verified"] as? Int == alone?["changes"] as? Int)
    try bert.expect("init", "other")
    try bert.expect("bundle", "verify", file("a"))
    let other = try bert.stet("bundle", "apply", file("a"))
    #expect(other.status == 1)
    #expect(other.complaints.contains("another archive, desk"))

    var bytes = try Data(contentsOf: URL(filePath: file("a")))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: file("b")))
    for arguments in [["bundle", "verify"], ["bundle", "apply"]] {
      let run = try Run("stet", arguments + [file("b")], in: anna.folder)
      #expect(run.status == 7, "\(arguments): \(run.complaints)")
      #expect(run.complaints.split(separator: "\n").count == 1, "\(run.complaints)")
    }
    let fresh = try Machine("fresh", in: world)
    #expect(try fresh.stet("clone", file("b")).status == 7)
    #expect(!FileManager.default.fileExists(atPath: fresh.folder.path + "/desk.stet"))
    #expect(try fresh.stet("bundle", "verify", file("none")).status == 4)
    #expect(try fresh.stet("bundle", "verify", anna.folder.path + "/page.txt").status == 7)
  }

  @Test func `repair takes what was lost from a bundle`() throws {
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(400), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("bundle", "create", file("a"))
    let digest = try anna.digest()
    let archive = anna.folder.appending(path: "desk.stet")
    var bytes = try Data(contentsOf: archive)
    for place in stride(from: 4096, to: bytes.count, by: 4096) { bytes[place + 8] ^= 0xFF }
    try bytes.write(to: archive)
    #expect(try anna.stet("verify").status == 7)
    let repaired = try anna.stet("repair", "--from", file("a"))
    #expect(repaired.status == 0, "\(repaired.complaints)")
    #expect(try anna.digest() == digest)
    try anna.expect("verify")
  }

  /// Kills as soon as there is something to go on with.
  ///
  /// It may have come to its end before the kill: then another copy begins.
  @Test func `killed while it applies, it goes on`() throws {
    let anna = try Machine("anna", in: world)
    // More packs than go into one transaction.
    try anna.write(TestPage.lines(40_000), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("bundle", "create", file("a"))
    var (bert, arrived) = try cutClone("bert")
    for _ in 0..<20 where arrived == 40_001 {
      try FileManager.default.removeItem(at: bert.folder)
      (bert, arrived) = try cutClone("bert")
    }
    #expect(arrived > 0 && arrived < 40_001)
    let report = try bert.json("clone", file("a")) as? [String: Any]
    #expect(report?["changes_new"] as? Int == 40_001 - arrived)
    #expect(try bert.digest() == anna.digest())
    try bert.expect("verify", "--quick")
  }

  /// A machine whose clone of the bundle was killed, and how many changes it has.
  private func cutClone(_ name: String) throws -> (Machine, arrived: Int) {
    let machine = try Machine(name, in: world)
    let clone = try Programs.start("stet", ["clone", file("a")], in: machine.folder)
    let complaints = Programs.drain(clone.complaints)
    let archive = machine.folder.appending(path: "desk.stet").path
    while clone.process.isRunning {
      if let count = try? StoredChanges.count(in: archive), count > 0 { break }
    }
    kill(clone.process.processIdentifier, SIGKILL)
    clone.process.waitUntilExit()
    _ = complaints()
    return (machine, try StoredChanges.count(in: archive))
  }
}

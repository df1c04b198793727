import Foundation
import GRDB
import Testing

@Suite struct RepairProgramTests {
  /// A machine with five articles that the hub has, and notes that it does not have.
  private func anna(in world: World, _ hub: Hub, notes: Int) throws -> Machine {
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(5), to: "wire.jsonl")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    for number in 0..<5 {
      try anna.write(TestPage.text(id: number + 1), to: "page.txt")
      #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    }
    #expect(try anna.stet("sync").status == 0)
    for number in 0..<notes {
      #expect(try anna.stet("annotate", "1", "--note", "note \(number)").status == 0)
    }
    return anna
  }

  @Test func `a damaged archive is repaired from the hub, unsent notes and all`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 4)
    let file = anna.folder.appending(path: "desk.stet")
    let before = try anna.digest()
    try DamagedPack.damage(4, of: file)
    #expect(try anna.stet("rebuild").status == 7)
    let run = try anna.stet("repair", "--from", "origin", "--json")
    #expect(run.status == 0, "\(run.complaints)")
    let report = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    // The hub's log goes on from what was missing, so the two behind it come along.
    #expect(report?["fetched"] as? Int == 3)
    #expect(report?["salvaged"] as? Int == 7)
    #expect(report?["held"] as? Int == 0)
    #expect(report?["remotes"] as? Int == 1)
    #expect(try anna.digest() == before)
    #expect(try anna.stet("sync").status == 0)
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(try bert.digest() == before)
    #expect(hub.stop() == 0)
  }

  @Test func `what nobody else has is named, and what builds on it is held and can be exported`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 4)
    let file = anna.folder.appending(path: "desk.stet")
    try DamagedPack.damage(8, of: file)
    let run = try anna.stet("repair", "--from", hub.url("desk"))
    #expect(run.status == 3)
    #expect(run.complaints.contains("change 8 of this machine's own lane"))
    #expect(run.complaints.contains("2 changes wait for some that are missing"))
    let held = try #require(try anna.json("held") as? [[String: Any]])
    #expect(held.map { $0["first"] as? Int } == [9, 10])
    #expect(held.allSatisfy { $0["own"] as? Bool == true })
    #expect(try anna.stet("status").output.contains("2 changes are held: see 'stet held'"))
    #expect(try anna.stet("held", "export", "held.jsonl").status == 0)
    let text = try String(contentsOf: anna.folder.appending(path: "held.jsonl"), encoding: .utf8)
    let lines = try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.map { $0["type"] as? String } == ["pack", "change", "pack", "change"])
    #expect(text.contains("note 2") && text.contains("note 3"))
    // A file that is there is not overwritten.
    #expect(try anna.stet("held", "export", "held.jsonl").status == 1)
    // The archive goes on, and what is held is not sent.
    #expect(try anna.stet("annotate", "1", "--note", "after the repair").status == 0)
    #expect(try anna.stet("sync").status == 0)
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(try bert.digest() == anna.digest())
    #expect(hub.stop() == 0)
  }

  @Test func `a repair that cannot reach the remote leaves everything as it was`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 1)
    #expect(hub.stop() == 0)
    let file = anna.folder.appending(path: "desk.stet")
    try DamagedPack.damage(3, of: file)
    let damaged = try Data(contentsOf: file)
    let names = try FileManager.default.contentsOfDirectory(atPath: anna.folder.path).sorted()
    #expect(try anna.stet("repair", "--from", "origin").status == 9)
    #expect(try Data(contentsOf: file) == damaged)
    #expect(try FileManager.default.contentsOfDirectory(atPath: anna.folder.path).sorted() == names)
    // Without the hub; the next sync brings the rest.
    #expect(try anna.stet("repair").status == 3)
    let again = try Hub(in: world, archives: [], port: hub.port)
    #expect(try anna.stet("sync").status == 0)
    #expect((try anna.json("held") as? [Any])?.isEmpty == true)
    #expect(try anna.stet("sync").status == 0)
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("clone", again.url("desk")).status == 0)
    #expect(try bert.digest() == anna.digest())
    #expect(again.stop() == 0)
  }

  @Test func `a repair killed just before its end is ended by the next`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 2)
    let file = anna.folder.appending(path: "desk.stet")
    let before = try anna.digest()
    #expect(try anna.stet("repair").status == 0)
    try FileManager.default.moveItem(
      at: file,
      to: anna.folder.appending(path: "desk.stet.repaired")
    )
    let run = try anna.stet("status", "--archive", "desk.stet")
    #expect(run.status == 7)
    #expect(run.complaints.contains("run 'stet repair' again"))
    #expect(try anna.stet("repair").status == 0)
    #expect(try anna.digest() == before)
    #expect(hub.stop() == 0)
  }

  @Test func `a damaged hub is repaired, and replicas bring what it lost`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 0)
    let data = world.folder.appending(path: "hub")
    let repair = ["repair", "desk", "--data", data.path]
    // Not under a hub that serves it.
    #expect(try Run("stetd", repair, in: world.folder).status == 11)
    #expect(hub.stop() == 0)
    try DamagedPack.damage(3, of: data.appending(path: "desk.hub"))
    let run = try Run("stetd", repair, in: world.folder)
    #expect(run.status == 3)
    #expect(run.complaints.contains("changes 3–3 of lane"))
    #expect(run.complaints.contains("3 changes behind those"))
    #expect(
      try Run("stetd", ["verify", "desk", "--data", data.path], in: world.folder).status == 0
    )
    let again = try Hub(in: world, archives: [], port: hub.port)
    #expect(try anna.stet("sync").status == 0)
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("clone", again.url("desk")).status == 0)
    #expect(try bert.digest() == anna.digest())
    #expect(again.stop() == 0)
  }

  @Test func `a hub with a damaged pack still takes what replicas have`() throws {
    let world = try World()
    let first = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, first, notes: 0)
    #expect(first.stop() == 0)
    let data = world.folder.appending(path: "hub")
    try DamagedPack.damage(3, of: data.appending(path: "desk.hub"))
    let hub = try Hub(in: world, archives: [], port: first.port)
    // Nothing that the hub knows of Anna lies in the pack.
    try anna.expect("annotate", "1", "--note", "while it is damaged")
    let sync = try anna.stet("sync")
    #expect(sync.status == 0, "\(sync.complaints)")
    #expect(sync.complaints.contains("sent 1 and received 0 changes"), "\(sync.complaints)")
    // Whoever wants the pack finds that it is damaged.
    let carla = try Machine("carla", in: world)
    let clone = try carla.stet("clone", hub.url("desk"))
    #expect(clone.status == 7, "\(clone.complaints)")
    #expect(clone.complaints.contains("is damaged or was tampered with"), "\(clone.complaints)")
    try anna.expect("annotate", "1", "--note", "after that")
    try anna.expect("sync")
    #expect(hub.stop() == 0)

    let repair = try Run("stetd", ["repair", "desk", "--data", data.path], in: world.folder)
    #expect(repair.status == 3, "\(repair.complaints)")
    let again = try Hub(in: world, archives: [], port: first.port)
    try anna.expect("sync")
    // It goes on with the copy that broke off.
    try carla.expect("clone", again.url("desk"))
    #expect(try carla.digest() == anna.digest())
    #expect(again.stop() == 0)
  }

  @Test func `a damaged hub is whole again by a bundle, by a replica's file and by a hub's`() throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try anna(in: world, hub, notes: 0)
    #expect(hub.stop() == 0)
    let data = world.folder.appending(path: "hub")
    let file = data.appending(path: "desk.hub")
    try Shell.run("cp", file.path, world.folder.appending(path: "copy.hub").path)
    try anna.expect("bundle", "create", "desk.bundle")
    let other = try Machine("other", in: world)
    try other.expect("init", "other")
    try DamagedPack.damage(3, of: file)
    let damaged = try Data(contentsOf: file)
    let names = try FileManager.default.contentsOfDirectory(atPath: data.path).sorted()
    func repair(from other: String) throws -> Run {
      try Run(
        "stetd",
        ["repair", "desk", "--data", data.path, "--from", other, "--json"],
        in: world.folder
      )
    }
    // What is of another archive, or is not there, changes nothing.
    for (path, status) in [
      ("other/other.stet", 1), ("nowhere", 4), ("hub/desk.hub", 1), ("hub", 1),
    ] {
      #expect(try repair(from: path).status == status)
      #expect(try Data(contentsOf: file) == damaged)
      #expect(try FileManager.default.contentsOfDirectory(atPath: data.path).sorted() == names)
    }
    for path in ["anna/desk.bundle", "anna/desk.stet", "copy.hub"] {
      try damaged.write(to: file)
      let run = try repair(from: path)
      #expect(run.status == 0, "\(run.complaints)")
      let report = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
      let salvaged = try #require(report?["salvaged"] as? Int)
      let fetched = try #require(report?["fetched"] as? Int)
      #expect(salvaged + fetched == 6 && fetched > 0, "\(path)")
      #expect(report?["waiting"] as? Int == 0, "\(path)")
      #expect(
        try Run("stetd", ["verify", "desk", "--data", data.path], in: world.folder).status == 0
      )
    }
    let again = try Hub(in: world, archives: [], port: hub.port)
    let bert = try Machine("bert", in: world)
    try bert.expect("clone", again.url("desk"))
    #expect(try bert.digest() == anna.digest())
    #expect(again.stop() == 0)
  }

  @Test(arguments: ["folder", "pipe", "desk.stet", "empty"])
  func `a repair takes nothing from what is no other file of the archive`(name: String) throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.expect("init", "desk")
    try Shell.run("mkdir", anna.folder.appending(path: "folder").path)
    try Shell.run("mkfifo", anna.folder.appending(path: "pipe").path)
    try anna.write("", to: "empty")
    let file = anna.folder.appending(path: "desk.stet")
    let before = try Data(contentsOf: file)
    let names = try FileManager.default.contentsOfDirectory(atPath: anna.folder.path).sorted()
    let run = try anna.stet("repair", "--from", name)
    #expect(run.status == 1)
    #expect(run.complaints.split(separator: "\n").count == 1, "\(run.complaints)")
    #expect(try Data(contentsOf: file) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: anna.folder.path).sorted() == names)
  }

  @Test func `an archive that another process has open is not repaired`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    #expect(try anna.stet("init", "desk").status == 0)
    let database = try DatabaseQueue(path: anna.folder.appending(path: "desk.stet").path)
    let changes = try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM packs") }
    #expect(changes == 0)
    #expect(try anna.stet("repair").status == 11)
    try database.close()
  }
}

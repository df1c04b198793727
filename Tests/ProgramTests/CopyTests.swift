import Foundation
import Testing

@Suite struct CopyTests {
  @Test func `a copied archive file edited on both sides loses nothing and reuses no number`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)

    // The same user and keys, another folder: what cp -p does.
    let copyFolder = anna.folder.appending(path: "copy")
    try FileManager.default.createDirectory(at: copyFolder, withIntermediateDirectories: true)
    let copy = copyFolder.appending(path: "desk.stet").path
    try FileManager.default.copyItem(
      atPath: anna.folder.appending(path: "desk.stet").path,
      toPath: copy
    )

    for note in ["original 1", "original 2"] {
      #expect(
        try anna.stet("annotate", "100231", "--note", note, "--archive", "desk.stet").status == 0
      )
    }
    for note in ["copy 1", "copy 2"] {
      #expect(try anna.stet("annotate", "100231", "--note", note, "--archive", copy).status == 0)
    }
    for file in ["desk.stet", copy, "desk.stet"] {
      let run = try anna.stet("sync", "--archive", file)
      #expect(run.status == 0, "\(run.complaints)")
    }
    let digests = try ["desk.stet", copy].map { try anna.stet("digest", "--archive", $0).output }
    #expect(digests[0] == digests[1])
    let shown = try anna.json("show", "100231", "--archive", copy) as? [String: Any]
    let notes = (shown?["annotations"] as? [[String: Any]])?.compactMap { $0["note"] as? String }
    #expect(Set(notes ?? []) == ["original 1", "original 2", "copy 1", "copy 2"])
    let log = try anna.json("log", "100231", "--archive", copy) as? [[String: Any]] ?? []
    let names = log.map { "\($0["lane"] ?? "") \($0["seq"] ?? "")" }
    #expect(Set(names).count == names.count)
    #expect(Set(log.compactMap { $0["lane"] as? String }).count == 2)
    #expect(hub.stop() == 0)
  }

  @Test func `a hub put back from a backup gets back what others have`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)
    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(hub.stop() == 0)
    let data = world.folder.appending(path: "hub")
    let backup = world.folder.appending(path: "backup")
    try FileManager.default.copyItem(at: data, to: backup)

    // After the backup: Anna writes, Bert reads it through the hub and builds on it.
    let second = try Hub(in: world, archives: [], port: hub.port)
    #expect(try anna.stet("set", "100231", "headline=Anna's").status == 0)
    #expect(try anna.stet("sync").status == 0)
    #expect(try bert.stet("sync").status == 0)
    #expect(second.stop() == 0)
    try FileManager.default.removeItem(at: data)
    try FileManager.default.moveItem(at: backup, to: data)
    let third = try Hub(in: world, archives: [], port: hub.port)
    #expect(try bert.stet("set", "100231", "headline=Bert's").status == 0)
    for machine in [bert, anna, bert] {
      let run = try machine.stet("sync")
      #expect(run.status == 0, "\(run.complaints)")
    }
    #expect(try anna.digest() == bert.digest())
    let shown = try anna.json("show", "100231") as? [String: Any]
    #expect(shown?["headline"] as? String == "Bert's")
    #expect((shown?["conflicts"] as? [Any])?.isEmpty == true)
    #expect(third.stop() == 0)
  }
}

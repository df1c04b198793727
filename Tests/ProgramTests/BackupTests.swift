import Foundation
import Testing

@Suite struct BackupTests {
  @Test func `an archive is backed up, checked and restored, and sync brings what came since`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let backup = world.folder.appending(path: "backup").path
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("backup", "check", backup).status == 4)
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    let made = try anna.json("backup", "create", backup) as? [String: Any]
    #expect(made?["changes_added"] as? Int == made?["changes"] as? Int)
    let digest = try anna.digest()
    #expect(made?["digest"] as? String == digest)
    let again = try anna.json("backup", "create", backup) as? [String: Any]
    #expect(again?["changes_added"] as? Int == 0)
    #expect(again?["bytes_added"] as? Int == 0)
    let checked = try anna.json("backup", "check", backup) as? [String: Any]
    #expect(checked?["digest"] as? String == digest)

    // Since the backup: one change that the hub has got.
    #expect(try anna.stet("annotate", "100231", "--note", "since").status == 0)
    #expect(try anna.stet("sync").status == 0)
    let newest = try anna.digest()
    #expect(try anna.stet("backup", "restore", backup, "desk.stet").status == 1)
    #expect(try anna.digest() == newest)
    try FileManager.default.removeItem(at: anna.folder.appending(path: "desk.stet"))
    let restored = try anna.stet("backup", "restore", backup, "desk.stet")
    #expect(restored.status == 0, "\(restored.complaints)")
    #expect(restored.complaints.contains("origin"))
    #expect(try anna.digest() == digest)
    #expect(try anna.stet("annotate", "100231", "--note", "restored").status == 0)
    #expect(try anna.stet("sync").status == 0)
    let shown = try anna.json("show", "100231") as? [String: Any]
    let notes = (shown?["annotations"] as? [[String: Any]])?.compactMap { $0["note"] as? String }
    #expect(Set(notes ?? []) == ["since", "restored"])
    // The backup is of the file that is gone; the new one gets a folder of its own.
    let refused = try anna.stet("backup", "create", backup)
    #expect(refused.status == 1)
    #expect(refused.complaints.contains("another copy"))

    let segment = URL(filePath: backup).appending(path: "segment-000001")
    var bytes = try Data(contentsOf: segment)
    bytes[bytes.count - 9] ^= 4
    try bytes.write(to: segment)
    let damaged = try anna.stet("backup", "check", backup)
    #expect(damaged.status == 7)
    #expect(damaged.complaints.contains("segment-000001"))
    #expect(try anna.stet("backup", "restore", backup, "other.stet").status == 7)
    #expect(!FileManager.default.fileExists(atPath: anna.folder.path + "/other.stet"))
    #expect(hub.stop() == 0)
  }

  @Test func `a hub is backed up while replicas push, and restored nothing is lost`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let data = world.folder.appending(path: "hub")
    let backup = world.folder.appending(path: "backup").path
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.lines(6000), to: "wire.jsonl")
    try bert.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)
    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(try anna.stet("import", "wire.jsonl").status == 0)

    /// Makes a backup, which has to be whole, and says how many changes it holds.
    func backUp() throws -> Int {
      let run = try Run(
        "stetd",
        ["backup", "create", backup, "--data", data.path],
        in: world.folder
      )
      #expect(run.status == 0, "\(run.complaints)")
      let check = try Run("stetd", ["backup", "check", backup], in: world.folder)
      #expect(check.status == 0, "\(check.complaints)")
      let held = try #require(run.complaints.firstMatch(of: /the backup holds (\d+)/))
      return try #require(Int(held.1))
    }

    // One backup after another until the push is over, the last with some of it.
    var held = [try backUp()]
    let push = try Programs.start("stet", ["sync"], in: anna.folder)
    let complaints = Programs.drain(push.complaints)
    var wasRunning = true
    repeat {
      wasRunning = push.process.isRunning
      held.append(try backUp())
    } while push.process.isRunning || (wasRunning && held.last == held.first)
    push.process.waitUntilExit()
    #expect(push.process.terminationStatus == 0, "\(complaints())")
    #expect(held == held.sorted())
    #expect(held[held.count - 1] > held[0], "\(held)")

    // After the last backup: Bert writes, and Anna reads it through the hub.
    #expect(try bert.stet("import", "page.txt", "--source", "harbour").status == 0)
    for machine in [bert, anna] { #expect(try machine.stet("sync").status == 0) }
    let digest = try anna.digest()
    #expect(hub.stop() == 0)
    for file in try FileManager.default.contentsOfDirectory(atPath: data.path) {
      try FileManager.default.removeItem(at: data.appending(path: file))
    }
    let restored = try Run(
      "stetd",
      ["backup", "restore", backup, "--data", data.path],
      in: world.folder
    )
    #expect(restored.status == 0, "\(restored.complaints)")
    let second = try Hub(in: world, archives: [], port: hub.port)
    // Those whose cursors no longer hold say what they have; the hub gets it back.
    for machine in [bert, anna, bert] {
      let run = try machine.stet("sync")
      #expect(run.status == 0, "\(run.complaints)")
      #expect(try machine.digest() == digest)
    }
    let carla = try Machine("carla", in: world)
    #expect(try carla.stet("clone", second.url("desk")).status == 0)
    #expect(try carla.digest() == digest)
    // stet reads a hub's backup too.
    #expect(try carla.stet("backup", "check", backup + "/desk").status == 0)
    let twice = try Run(
      "stetd",
      ["backup", "restore", backup, "--data", data.path],
      in: world.folder
    )
    #expect(twice.status == 1)
    #expect(second.stop() == 0)
  }
}

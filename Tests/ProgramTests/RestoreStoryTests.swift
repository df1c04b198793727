import Foundation
import Testing

/// Files that come back from a backup, on a machine and on a hub.
@Suite struct RestoreStoryTests {
  /// How an older copy takes the file's place.
  enum Way: String, CaseIterable {
    /// Into the same inode.
    case cp
    /// As another inode.
    case mv
  }

  @Test(arguments: Way.allCases, [true, false])
  func `an older copy put back goes on in a lane of its own, and what came later comes back`(
    _ way: Way,
    isEditedFirst: Bool
  ) throws {
    let story = try IdentityWorld()
    let backup = story.anna.machine.folder.appending(path: "backup").path
    try story.anna.note("before the backup")
    try story.anna.sync()
    try Shell.run("cp", story.anna.file.path, backup)
    try story.anna.note("after the backup")
    try story.anna.sync()
    try Shell.run(way.rawValue, backup, story.anna.file.path)
    #expect(try story.anna.notes() == ["before the backup"])
    if !isEditedFirst {
      try story.anna.sync()
      #expect(try story.anna.notes() == ["before the backup", "after the backup"])
    }
    try story.anna.note("after the restore")
    try story.expectAgreement(
      [story.anna],
      on: ["before the backup", "after the backup", "after the restore"]
    )
    #expect(try story.anna.replicaCount() == 2)
    #expect(
      try story.anna.lane(ofNote: "after the restore")
        != story.anna.lane(ofNote: "after the backup")
    )
  }

  /// A process that was killed leaves a WAL; SQLite plays it into whatever file stands beside it.
  @Test(arguments: Way.allCases)
  func `an older copy put back beside a WAL that a killed process left is no silent damage`(
    _ way: Way
  ) throws {
    let story = try IdentityWorld()
    let folder = story.anna.machine.folder
    let backup = folder.appending(path: "backup").path
    try Shell.run("cp", story.anna.file.path, backup)
    try story.anna.machine.write(TestPage.lines(300), to: "wire.jsonl")
    try story.anna.machine.expect("import", "wire.jsonl")
    try story.anna.leavingWAL {
      try story.anna.note("in the WAL")
      try story.anna.sync()
    }
    try Shell.run(way.rawValue, backup, story.anna.file.path)
    let run = try story.anna.stet("annotate", "100231", "--note", "after the restore")
    #expect(run.status == 0 && run.complaints.contains("desk.stet.foreign-1-wal"), "\(run)")
    try story.anna.machine.expect("verify", "--quiet")
    try story.expectAgreement([story.anna], on: ["in the WAL", "after the restore"])
    try story.anna.machine.expect("verify", "--quiet")
  }

  @Test(arguments: Way.allCases)
  func `what nobody else has is brought out of a WAL that was set aside`(_ way: Way) throws {
    let story = try IdentityWorld()
    let backup = story.anna.machine.folder.appending(path: "backup").path
    try Shell.run("cp", story.anna.file.path, backup)
    try story.anna.note("synced")
    try story.anna.sync()
    try story.anna.leavingWAL { try story.anna.note("in the WAL, unsent") }
    try Shell.run(way.rawValue, backup, story.anna.file.path)
    #expect(try story.anna.notes().isEmpty)
    try story.anna.sync()
    try story.anna.machine.expect("repair", "--from", "desk.stet.foreign-1-wal")
    try story.expectAgreement([story.anna], on: ["synced", "in the WAL, unsent"])
    try story.anna.machine.expect("verify", "--quiet")
  }

  @Test(arguments: Way.allCases)
  func `a hub's file put back from an older copy gets back what replicas have`(
    _ way: Way
  ) throws {
    let story = try IdentityWorld()
    let bert = try story.clone("bert")
    let reader = try story.clone("reader")
    #expect(story.hub.stop() == 0)
    let data = story.world.folder.appending(path: "hub")
    let file = try #require(
      try FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil)
        .first { $0.lastPathComponent.hasPrefix("desk") }
    )
    let backup = story.world.folder.appending(path: "backup").path
    try Shell.run("cp", file.path, backup)

    // After the backup Anna writes, Bert builds on it through the hub, and somebody reads it all.
    let second = try Hub(in: story.world, archives: [], port: story.hub.port)
    try story.anna.note("Anna's")
    try story.anna.sync()
    try bert.sync()
    let answered = try bert.stet("set", "100231", "headline=Bert's")
    #expect(answered.status == 0)
    try bert.sync()
    try reader.sync()
    try bert.note("Bert's, unsent")
    #expect(second.stop() == 0)
    try Shell.run(way.rawValue, backup, file.path)

    // The one who only reads is the first to come back.
    let third = try Hub(in: story.world, archives: [], port: story.hub.port)
    try story.expectAgreement([reader, bert, story.anna], on: ["Anna's", "Bert's, unsent"])
    let shown = try reader.machine.json("show", "100231") as? [String: Any]
    #expect(shown?["headline"] as? String == "Bert's")
    #expect(third.stop() == 0)
  }

  @Test(arguments: Way.allCases)
  func `an older copy put back beside the WAL that a killed hub left is no silent damage`(
    _ way: Way
  ) throws {
    let story = try IdentityWorld()
    #expect(story.hub.stop() == 0)
    let file = story.world.folder.appending(path: "hub/desk.hub").path
    let backup = story.world.folder.appending(path: "backup").path
    try Shell.run("cp", file, backup)
    let second = try Hub(in: story.world, archives: [], port: story.hub.port)
    try story.anna.note("before the stop")
    try story.anna.sync()
    #expect(second.stop() == 0)
    let third = try Hub(in: story.world, archives: [], port: story.hub.port)
    try story.anna.note("in the WAL")
    try story.anna.sync()
    third.kill()
    #expect(FileManager.default.fileExists(atPath: file + "-wal"))
    try Shell.run(way.rawValue, backup, file)

    let fourth = try Hub(in: story.world, archives: [], port: story.hub.port)
    try story.expectAgreement([story.anna], on: ["before the stop", "in the WAL"])
    #expect(FileManager.default.fileExists(atPath: file + ".foreign-1-wal"))
    #expect(fourth.stop() == 0)
    let run = try Run("stetd", ["verify", "--data", "hub"], in: story.world.folder)
    #expect(run.status == 0, "\(run.output)")
  }

  @Test
  func `a machine put back with its keys gets what came later, then writes a new lane`()
    throws
  {
    let story = try IdentityWorld()
    try story.anna.note("before the snapshot")
    try story.anna.sync()
    let snapshot = try story.anna.machine.snapshot()
    try story.anna.note("after the snapshot")
    try story.anna.sync()
    try story.anna.machine.rollBack(to: snapshot)
    #expect(try story.anna.notes() == ["before the snapshot"])
    // One verb: the session that finds it out is followed by one in which the hub leaves nothing out.
    try story.anna.sync()
    #expect(try story.anna.notes() == ["before the snapshot", "after the snapshot"])
    try story.anna.note("after the rollback")
    try story.expectAgreement(
      [story.anna],
      on: ["before the snapshot", "after the snapshot", "after the rollback"]
    )
    #expect(
      try story.anna.lane(ofNote: "after the rollback")
        != story.anna.lane(ofNote: "after the snapshot")
    )
    #expect(try story.anna.replicaCount() == 2)
    #expect(story.hub.stop() == 0)
    let complaints = story.hub.said().split(separator: "\n").filter { $0.contains("was put back") }
    #expect(complaints.count == 1, "\(story.hub.said())")
  }
}

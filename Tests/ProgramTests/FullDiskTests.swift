import Foundation
import Testing

/// Needs the right to mount a small file system; skipped where there is none.
@Suite(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
struct FullDiskTests {
  @Test func `a full disk is said, and the archive stays as it was`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 2)
    let anna = try Machine("anna", in: world)
    let file = disk.folder.appending(path: "desk.stet").path
    let made = try Run("stet", ["init", "desk"], in: disk.folder)
    #expect(made.status == 0)
    try anna.write(TestPage.lines(6000), to: "wire.jsonl")
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(
      try anna.stet("import", "page.txt", "--source", "harbour", "--archive", file).status == 0
    )
    let before = try anna.stet("digest", "--archive", file).output
    let run = try anna.stet("import", "wire.jsonl", "--archive", file)
    #expect(run.status == 1)
    #expect(run.complaints.contains("the disk is full"))
    #expect(try anna.stet("digest", "--archive", file).output == before)
    // There is room for a note, and the archive goes on.
    #expect(try anna.stet("annotate", "100231", "--note", "x", "--archive", file).status == 0)
  }

  /// Also a reader needs room: SQLite keeps an index of the WAL beside the file.
  @Test func `verbs that only read say that the disk is full`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 2)
    let machine = try Machine("disk", in: world)
    try machine.write(TestPage.text(), to: "page.txt")
    #expect(try machine.stet("init", "desk").status == 0)
    #expect(try machine.stet("import", "page.txt", "--source", "harbour").status == 0)
    try disk.fill(leaving: 0)
    for words in [["show", "100231"], ["status"], ["list"], ["log"], ["digest"], ["sync"]] {
      let run = try Run("stet", words, in: machine.folder)
      #expect(run.status == 1, "\(run.complaints)")
      #expect(run.complaints.contains("the disk is full"), "\(run.complaints)")
    }
    try disk.free()
    #expect(try machine.stet("show", "100231").status == 0)
  }

  @Test func `a read-only folder is said`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 2)
    #expect(try Run("stet", ["init", "desk"], in: disk.folder).status == 0)
    try disk.makeReadOnly()
    for arguments in [["init", "other"], ["import", "x", "--source", "y"], ["rebuild"]] {
      let run = try Run("stet", arguments, in: disk.folder)
      #expect(run.status == 8, "\(run.complaints)")
      #expect(run.complaints.contains("permissions"), "\(run.complaints)")
    }
  }
}

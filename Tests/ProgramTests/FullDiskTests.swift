import Foundation
import Testing

/// Needs the right to mount a small file system; skipped where there is none.
@Suite struct FullDiskTests {
  @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
  func `a full disk is said, and the archive stays as it was`() throws {
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

  @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
  func `a read-only folder is said`() throws {
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

/// A file system of a few megabytes in a folder of its own.
final class SmallDisk {
  static let isPossible: Bool = {
    guard let world = try? World() else { return false }
    return (try? SmallDisk(in: world, megabytes: 1)) != nil
  }()

  let folder: URL

  init(in world: World, megabytes: Int) throws {
    folder = world.folder.appending(path: "disk")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path])
  }

  func makeReadOnly() throws {
    try Self.run(["mount", "-o", "remount,ro", folder.path])
  }

  deinit { try? Self.run(["umount", "-l", folder.path]) }

  private static func run(_ words: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}

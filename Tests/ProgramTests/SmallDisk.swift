import Foundation

/// A file system of a few megabytes in a folder of its own.
///
/// It lies in the world's folder `disk`, which can be a machine's as well.
final class SmallDisk {
  static let isPossible: Bool = {
    guard let world = try? World() else { return false }
    return (try? SmallDisk(in: world, megabytes: 1)) != nil
  }()

  /// What it gives out at once, bytes.
  static let pageByteCount = 4096

  let folder: URL
  private let ballast: URL

  init(in world: World, megabytes: Int) throws {
    folder = world.folder.appending(path: "disk")
    ballast = folder.appending(path: "ballast")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path])
  }

  func makeReadOnly() throws {
    try Self.run(["mount", "-o", "remount,ro", folder.path])
  }

  /// Leaves exactly so many bytes.
  func fill(leaving byteCount: Int) throws {
    let descriptor = open(ballast.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(descriptor) }
    var information = statvfs()
    guard fstatvfs(descriptor, &information) == 0 else { throw CocoaError(.fileReadUnknown) }
    let free = Int(information.f_bavail) * Int(information.f_frsize)
    guard free >= byteCount else { throw CocoaError(.fileWriteOutOfSpace) }
    guard free == byteCount || posix_fallocate(descriptor, 0, free - byteCount) == 0 else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  /// Removes everything.
  func empty() throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder.appending(path: file))
    }
  }

  /// Makes the room that ``fill(leaving:)`` took.
  func free() throws { try FileManager.default.removeItem(at: ballast) }

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

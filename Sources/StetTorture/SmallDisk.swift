import Foundation

/// A file system of a few megabytes that can be filled up.
final class SmallDisk: Sendable {
  let folder: URL
  private let ballast: String

  /// Mounts one; `nil` where this process has no right to.
  init?(at folder: URL, megabytes: Int) throws {
    self.folder = folder
    ballast = folder.appending(path: "ballast").path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard
      Self.succeeds(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path])
    else { return nil }
  }

  deinit { _ = Self.succeeds(["umount", "-l", folder.path]) }

  /// Leaves so many bytes at most.
  func fill(leaving byteCount: Int) {
    let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var information = statvfs()
    guard fstatvfs(descriptor, &information) == 0 else { return }
    let free = Int(information.f_bavail) * Int(information.f_frsize)
    posix_fallocate(descriptor, 0, max(1, free - byteCount))
  }

  func free() { unlink(ballast) }

  /// Makes it as large as nobody fills it.
  func widen() { _ = Self.succeeds(["mount", "-o", "remount,size=4g", folder.path]) }

  private static func succeeds(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}

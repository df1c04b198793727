internal import ChangeLog
internal import Foundation

/// A bundle while it is written: a file beside the one that it becomes, or standard output.
struct BundleDraft {
  /// What stands for standard output and input where a file is named.
  static let standardStream = "-"

  private let file: FileDescriptor
  private let path: String
  private var running = RunningHash()

  /// - Throws: ``BundleFailure``, `LogBackupFailure.fileSystem`.
  init(of path: String) throws {
    self.path = path
    if path == Self.standardStream {
      file = try FileDescriptor(duplicating: STDOUT_FILENO, "standard output")
      return
    }
    guard !FileManager.default.fileExists(atPath: path) else { throw BundleFailure.exists(path) }
    do {
      // Made to be handed on, so the user's mask alone says who may read it.
      file = try FileDescriptor(
        path + ".\(UUID().uuidString).new",
        O_WRONLY | O_CREAT | O_EXCL,
        mode: 0o666
      )
    } catch LogBackupFailure.fileSystem(_, let code) {
      throw BundleFailure.fileSystem(path, code)
    }
  }

  mutating func append(_ bytes: [UInt8]) throws {
    running.append(bytes)
    try file.write(bytes)
  }

  /// Writes the hash of all that was written, and gives the file its name once it is on disk.
  mutating func finish() throws {
    try file.write(running.hash.bytes)
    guard path != Self.standardStream else { return }
    try file.synchronize()
    try place()
    let folder = URL(filePath: path).deletingLastPathComponent().path
    try FileDescriptor(folder, O_RDONLY).synchronize()
  }

  /// Leaves no file behind.
  func abandon() {
    if path != Self.standardStream { unlink(file.path) }
  }

  private func place() throws {
    if link(file.path, path) == 0 {
      unlink(file.path)
      return
    }
    switch errno {
    case EEXIST: throw BundleFailure.exists(path)
    case EPERM, ENOTSUP, ENOSYS:
      // A stick's file system may have no links.
      guard !FileManager.default.fileExists(atPath: path) else { throw BundleFailure.exists(path) }
      guard rename(file.path, path) == 0 else { throw BundleFailure.fileSystem(path, errno) }
    default: throw BundleFailure.fileSystem(path, errno)
    }
  }
}

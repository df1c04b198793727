internal import Foundation

/// A lock on a folder's small files: two who write them at once wait for each other (flock(2)).
enum FolderLock {
  /// - Throws: `CocoaError` where there is no such folder; what `body` throws.
  static func hold(_ folder: URL, _ body: () throws -> Void) throws {
    let lock = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw CocoaError(.fileNoSuchFile) }
    defer { close(lock) }
    guard flock(lock, LOCK_EX) == 0 else { throw CocoaError(.fileLocking) }
    try body()
  }
}

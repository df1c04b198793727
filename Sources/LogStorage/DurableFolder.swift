package import Foundation

/// A folder, with names in it that are on the disk.
package enum DurableFolder {
  /// Makes a folder, and those that it is to be in, where they are missing.
  ///
  /// - `permissions`: of each that is made.
  /// Throws: Foundation's `CocoaError`, `POSIXError`.
  package static func make(_ folder: URL, permissions: Int = 0o755) throws {
    guard !FileManager.default.fileExists(atPath: folder.path) else { return }
    let parent = folder.deletingLastPathComponent()
    try make(parent, permissions: permissions)
    // Another process may have made it meanwhile.
    try FileManager.default.createDirectory(
      at: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: permissions]
    )
    try synchronize(parent.path)
  }

  /// Sees that the names in a folder are on the disk.
  ///
  /// - Throws: `POSIXError`.
  package static func synchronize(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure }
  }

  private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

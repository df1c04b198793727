package import Foundation

/// A folder, with names in it that are on the disk.
package enum DurableFolder {
  /// Makes a folder, and those that it is to be in, where they are missing.
  ///
  /// - `permissions`: of each that is made; `nil` for what the process gives to new ones.
  /// Throws: Foundation's `CocoaError`, also where a file has the name; `POSIXError`.
  package static func make(_ folder: URL, permissions: Int? = nil) throws {
    // Without "..", which would have no end of parents.
    let folder = folder.standardizedFileURL
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw CocoaError(.fileWriteFileExists, userInfo: [NSFilePathErrorKey: folder.path])
      }
      return
    }
    let parent = folder.deletingLastPathComponent()
    if parent.path != folder.path { try make(parent, permissions: permissions) }
    // Another process may have made it meanwhile.
    try FileManager.default.createDirectory(
      at: folder,
      withIntermediateDirectories: true,
      attributes: permissions.map { [.posixPermissions: $0] }
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

internal import Foundation

/// A database file that gets its name only when it is whole.
package enum NewFile {
  /// Gives a draft, whole and closed, the name of a file that is not there, and sees that the name is on
  /// the disk too.
  ///
  /// What a removed file of that name left beside it is removed: SQLite would play it into the new one.
  /// - Throws: `POSIXError`, of code `EEXIST` when there is such a file.
  package static func place(_ draft: String, at path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { throw POSIXError(.EEXIST) }
    SQLiteFile.removeCompanions(of: path)
    guard link(draft, path) == 0 else { throw failure }
    unlink(draft)
    try DurableFolder.synchronize(URL(filePath: path).deletingLastPathComponent().path)
  }

  private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

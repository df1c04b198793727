internal import ChangeLog
package import Foundation
internal import GRDB
internal import HubStorage
package import LogStorage
internal import SyncProtocol

extension SQLiteHubStorage {
  /// Brings the backup of an archive up to the end of its log, also while a hub answers.
  ///
  /// - `folder`: that of this archive's backup.
  /// - `time`: ms since 1970-01-01 UTC.
  /// - `progress`: as of `LogBackupWriter`.
  /// Throws: `LogBackupFailure`, `HubStorageFailure`, GRDB's `DatabaseError`.
  package func backUp(
    _ name: String,
    to folder: URL,
    time: Int64,
    segmentByteLimit: Int = 64 << 20,
    progress: (LogBackupStep) throws -> Void = { _ in }
  ) throws -> LogBackupReceipt {
    try archive(named: name).database.read { db in
      try LogBackupWriter(folder, segmentByteLimit: segmentByteLimit).write(
        db,
        label: LogBackupWriter.Label(name: name, state: nil, remotes: [], time: time),
        progress: progress
      )
    }
  }

  /// Makes an archive from a backup, with a store id of its own.
  ///
  /// Throws: `LogBackupFailure`, `HubStorageFailure.exists`, GRDB's `DatabaseError`; the archive is
  /// then not there.
  package func restore(
    _ name: String,
    from backup: LogBackupReader,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws {
    guard Genesis.isAcceptable(name: name) else {
      throw HubStorageFailure.unacceptableName(name)
    }
    guard !FileManager.default.fileExists(atPath: file(of: name).path) else {
      throw HubStorageFailure.exists(name)
    }
    let draft = draft(of: name)
    defer { SQLiteFile.remove(draft.path) }
    try Self.fill(draft, as: name, from: backup, progress: progress)
    try place(draft, as: name)
  }

  /// Sees whether a backup could be restored, by restoring it into a temporary folder.
  ///
  /// Throws: `LogBackupFailure`, GRDB's `DatabaseError`.
  package static func check(
    _ backup: LogBackupReader,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "stetd-check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try fill(
      folder.appending(path: "check.hub"),
      as: backup.manifest.name,
      from: backup,
      progress: progress
    )
  }

  /// Makes a file that holds what a backup holds, and was compared with its manifest.
  private static func fill(
    _ file: URL,
    as name: String,
    from backup: LogBackupReader,
    progress: (UInt64, UInt64) -> Void
  ) throws {
    try SQLiteHubArchive.create(at: file.path, store: SQLiteHubArchive.randomStore())
    let archive = try SQLiteHubArchive(
      path: file.path,
      name: name,
      lockTimeout: 1,
      openingBudget: OpeningBudget()
    )
    defer { try? archive.close() }
    try backup.restore(into: archive, progress: progress)
    try archive.database.read { try backup.verify($0, state: nil) }
  }
}

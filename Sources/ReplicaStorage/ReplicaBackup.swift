internal import ArchiveModel
internal import ChangeLog
package import Foundation
internal import GRDB
package import LogStorage
internal import SyncProtocol

extension Replica {
  /// Brings the backup in a folder up to the end of this replica's log.
  ///
  /// Not in a backup: the keys and marks of this machine, how far each remote is known, which store
  /// brought which pack, and whatever else did not pass into the log.
  ///
  /// - `progress`: as of `LogBackupWriter`.
  /// Throws: `LogBackupFailure`, GRDB's `DatabaseError`.
  package func backUp(
    to folder: URL,
    segmentByteLimit: Int = 64 << 20,
    progress: (LogBackupStep) throws -> Void = { _ in }
  ) throws -> LogBackupReceipt {
    // A copy of another replica's file must not go on with that one's backup.
    try prepareToSync()
    let remotes = try remotes().map {
      LogBackupManifest.Remote(name: $0.name, address: $0.address)
    }
    let time = environment.now()
    return try database.read { db in
      let label = LogBackupWriter.Label(
        name: try SQLiteLog(db).genesis()?.name ?? "",
        state: StateDigest.description(of: try Self.digest(computedFrom: db)),
        remotes: remotes,
        time: time
      )
      return try LogBackupWriter(folder, segmentByteLimit: segmentByteLimit)
        .write(db, label: label, progress: progress)
    }
  }

  /// Makes a new replica from a backup, with a store id of its own; its next change begins a lane.
  ///
  /// - `path`: of a file that is not there yet.
  /// Throws: `LogBackupFailure`, ``ReplicaFailure/exists(_:)``, GRDB's `DatabaseError`; the file is
  /// then not there.
  package static func restore(
    _ backup: LogBackupReader,
    to path: String,
    environment: ReplicaEnvironment,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws -> Replica {
    guard backup.manifest.genesis != nil else {
      throw LogBackupFailure.empty(backup.folder.path)
    }
    if FileManager.default.fileExists(atPath: path) { throw ReplicaFailure.exists(path) }
    // The file gets its name only when it is whole and was compared with the manifest.
    let draft = path + ".\(UUID().uuidString).restoring"
    defer { SQLiteFile.remove(draft) }
    let restored = try fill(draft, from: backup, environment: environment, progress: progress)
    for remote in backup.manifest.remotes {
      try restored.addRemote(named: remote.name, address: remote.address)
    }
    try SQLiteFile.closeWhole(restored.database)
    return try place(draft, at: path, environment: environment)
  }

  /// Sees whether a backup could be restored, by restoring it into a temporary folder.
  ///
  /// - Returns: the state digest that it came to; `nil` for the backup of an empty archive.
  /// - Throws: `LogBackupFailure`, GRDB's `DatabaseError`.
  package static func check(
    _ backup: LogBackupReader,
    environment: ReplicaEnvironment,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws -> String? {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "stet-check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let replica = try fill(
      folder.appending(path: "check.stet").path,
      from: backup,
      environment: environment,
      progress: progress
    )
    defer { try? replica.close() }
    guard backup.manifest.genesis != nil else { return nil }
    return StateDigest.description(of: try replica.digest())
  }

  /// A new replica that holds what a backup holds, and was compared with its manifest.
  ///
  /// The machine's keys and marks are not touched: nothing of ours is written in it.
  private static func fill(
    _ path: String,
    from backup: LogBackupReader,
    environment: ReplicaEnvironment,
    progress: (UInt64, UInt64) -> Void
  ) throws -> Replica {
    let random = environment.random
    let replica = try createForCloning(
      at: path,
      from: "",
      environment: ReplicaEnvironment(
        identities: MemoryIdentities { random(32) },
        memberName: environment.memberName,
        now: environment.now,
        random: random
      )
    )
    try backup.restore(into: replica, progress: progress)
    let state = StateDigest.description(of: try replica.digest())
    try replica.inspect { try backup.verify($0, state: state) }
    try replica.finishCloning()
    return replica
  }
}

package import LogStorage

extension SQLiteHubStorage {
  /// Joins an archive's small packs, also while a hub answers.
  ///
  /// - `position`: the settled position of an earlier joining; packs up to it are left out.
  /// - `mayGoOn`, `progress`: as of `LogJoining`.
  /// Throws: `HubStorageFailure`, GRDB's `DatabaseError`.
  package func joinPacks(
    _ name: String,
    after position: UInt64 = 0,
    mayGoOn: () -> Bool = { true },
    progress: (LogJoiningTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogJoiningTally {
    try LogJoining(archive(named: name).database)
      .run(after: position, mayGoOn: mayGoOn, progress: progress)
  }

  /// Compresses an archive's packs harder, also while a hub answers.
  ///
  /// - `position`: packs up to it are left out.
  /// - `mayGoOn`, `progress`: as of `LogCompaction`.
  /// Throws: `HubStorageFailure`, GRDB's `DatabaseError`.
  package func compact(
    _ name: String,
    _ pace: LogCompaction.Pace,
    after position: UInt64 = 0,
    mayGoOn: @Sendable () -> Bool = { true },
    progress: (LogCompactionTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogCompactionTally {
    try LogCompaction(archive(named: name).database, pace)
      .run(after: position, mayGoOn: mayGoOn, progress: progress)
  }
}

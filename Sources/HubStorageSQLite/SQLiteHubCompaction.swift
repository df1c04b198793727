package import LogStorage

extension SQLiteHubStorage {
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

package import LogStorage

extension Replica {
  /// Joins the log's small packs, also while others use the file.
  ///
  /// - `kept`, `mayGoOn`, `progress`: as of `LogJoining`.
  /// Throws: GRDB's `DatabaseError`.
  package func joinPacks(
    keptElsewhere kept: KeptElsewhere,
    mayGoOn: () -> Bool = { true },
    progress: (LogJoiningTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogJoiningTally {
    try LogJoining(database).run(keptElsewhere: kept, mayGoOn: mayGoOn, progress: progress)
  }

  /// Compresses the log's packs harder, also while others use the file.
  ///
  /// - `mayGoOn`, `progress`: as of `LogCompaction`.
  /// Throws: GRDB's `DatabaseError`.
  package func compact(
    mayGoOn: @Sendable () -> Bool = { true },
    progress: (LogCompactionTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogCompactionTally {
    try LogCompaction(database, .full).run(mayGoOn: mayGoOn, progress: progress)
  }
}

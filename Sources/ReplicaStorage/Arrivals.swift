internal import ChangeLog
internal import GRDB
package import LogStorage

/// When this replica received what is in its log.
enum Arrivals {
  static let table = LocalTable("arrivals", ["position", "time"], isSingle: false)

  static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        -- When the log came to a position, by this machine's clock: a row for each transaction that
        -- appended to it. What an older version had received counts as come when the file was brought
        -- up to this one.
        CREATE TABLE arrivals (
          position INTEGER PRIMARY KEY,
          time INTEGER NOT NULL,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """
    )
    try RowChecksum.keep(in: table.name, over: table.columns, db)
  }

  /// Notes that what is new in the log has come now.
  ///
  /// - `time`: ms since 1970-01-01 UTC.
  static func note(_ time: Int64, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO arrivals (position, time) SELECT position, ? FROM packs
        WHERE position > (SELECT coalesce(max(position), 0) FROM arrivals)
        ORDER BY position DESC LIMIT 1
        """
    ).execute(arguments: [time])
  }
}

extension Replica {
  /// Behind what this replica had received before a time.
  ///
  /// Where the clock was set back, the bundle holds more than asked for, never less.
  ///
  /// - `time`: ms since 1970-01-01 UTC.
  package func bundleBeginning(at time: Int64) throws -> BundleBeginning {
    let position = try database.read { db in
      guard
        let first = try Int64.fetchOne(
          db,
          sql: "SELECT min(position) FROM arrivals WHERE time >= ?",
          arguments: [time]
        )
      else { return try SQLiteLog(db).end().position }
      let before = try Int64.fetchOne(
        db,
        sql: "SELECT max(position) FROM arrivals WHERE position < ?",
        arguments: [first]
      )
      return UInt64(clamping: before ?? 0)
    }
    return BundleBeginning(position: position)
  }
}

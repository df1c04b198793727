package import GRDB

/// The connection to an archive's file; what only reads beside it is a ``ReadingConnection``.
///
/// Every transaction that changes something through ``write(_:)`` renews the file's ``WALPairing``.
///
/// Who comes after ``close()`` is refused with a `DatabaseError` of code `SQLITE_MISUSE`: a session that has
/// ended may still have a read under way.
package final class ArchiveDatabase: Sendable {
  /// The write-ahead log that lay beside the file and was none of its own; `nil` where there was none.
  package let setAside: SetAsideWAL?
  /// Of its file when it was opened; `nil` for a database in memory.
  let path: String?
  private let queue: DatabaseQueue

  init(_ queue: DatabaseQueue, path: String?, setAside: SetAsideWAL? = nil) {
    self.queue = queue
    self.path = path
    self.setAside = setAside
  }

  package func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try queue.unsafeRead { db in
      try Self.requireOpen(db)
      var result: Result?
      try db.readOnly {
        try db.inSavepoint {
          result = try body(db)
          return .commit
        }
      }
      guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
      return result
    }
  }

  /// Does something in one transaction.
  package func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try writeWithoutTransaction { db in
      var result: Result?
      try db.inTransaction {
        let before = db.totalChangesCount
        result = try body(db)
        // Without a change there is no commit to wait for.
        if db.totalChangesCount != before { try WALPairing.renew(db) }
        return .commit
      }
      guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
      return result
    }
  }

  /// For what makes its own transactions and renews the pairing itself, or changes nothing.
  package func writeWithoutTransaction<Result>(
    _ body: (Database) throws -> Result
  ) throws -> Result {
    try queue.writeWithoutTransaction { db in
      try Self.requireOpen(db)
      return try body(db)
    }
  }

  /// GRDB asks SQLite about a connection that is not there any more, which is a crash.
  private static func requireOpen(_ db: Database) throws {
    guard db.sqliteConnection == nil else { return }
    throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the archive was closed")
  }

  package func close() throws { try queue.close() }
}

package import GRDB
internal import GRDBSQLite

/// Rows that are read from SQLite directly: for a few columns of very many rows, GRDB's rows cost
/// more than SQLite takes to find them.
package struct RowScan {
  private let db: Database
  private let statement: Statement

  package init(_ db: Database, _ sql: String) throws {
    self.db = db
    statement = try db.cachedStatement(sql: sql)
  }

  /// The values of the row that a scan is at.
  package struct Row {
    fileprivate let statement: OpaquePointer

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The bytes of a blob, valid until the next row; none for `NULL`.
    package func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
      let start = sqlite3_column_blob(statement, column)
      return UnsafeRawBufferPointer(
        start: start,
        count: Int(sqlite3_column_bytes(statement, column))
      )
    }
  }

  /// Visits every row.
  ///
  /// - `body`: does not carry out the same statement.
  /// - Throws: GRDB's `DatabaseError`, and what `body` throws.
  package func forEach(_ body: (Row) throws -> Void) throws {
    let handle = statement.sqliteStatement
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: try body(Row(statement: handle))
      case SQLITE_DONE: return
      case let code: throw statement.error(code, in: db)
      }
    }
  }
}

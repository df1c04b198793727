package import GRDB
internal import GRDBSQLite

/// One value of a row.
package enum RowValue: Sendable {
  case null
  case integer(Int64)
  /// Ends at its first NUL, as every text that GRDB binds.
  case text(String)
  case blob([UInt8])
}

/// A statement that is carried out many times, its values bound to SQLite directly: on their way
/// through GRDB's arguments they cost more than SQLite takes to write the row.
///
/// Lives within one transaction.
package struct RowStatement {
  private let db: Database
  private let statement: Statement

  package init(_ db: Database, _ sql: String) throws {
    self.db = db
    statement = try db.cachedStatement(sql: sql)
  }

  /// Carries the statement out with values for its parameters, in order.
  ///
  /// - Throws: GRDB's `DatabaseError`.
  package func execute(_ values: [RowValue]) throws {
    let handle = statement.sqliteStatement
    defer { sqlite3_reset(handle) }
    let result = firstStep(values)
    guard result == SQLITE_DONE else { throw statement.error(result, in: db) }
  }

  /// The first column of the first row; `nil` where there is no row.
  ///
  /// - Throws: GRDB's `DatabaseError`.
  package func integer(_ values: [RowValue]) throws -> Int64? {
    let handle = statement.sqliteStatement
    defer { sqlite3_reset(handle) }
    switch firstStep(values) {
    case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
    case SQLITE_DONE: return nil
    case let result: throw statement.error(result, in: db)
    }
  }

  /// Binds the values, and steps once.
  private func firstStep(_ values: [RowValue]) -> Int32 {
    let handle = statement.sqliteStatement
    for (place, value) in values.enumerated() {
      let result = value.bind(to: handle, at: Int32(place + 1))
      guard result == SQLITE_OK else { return result }
    }
    return sqlite3_step(handle)
  }
}

extension RowValue {
  /// Binds a copy of the value.
  fileprivate func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
    // SQLITE_TRANSIENT, which C writes as a cast that Swift does not import.
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    return switch self {
    case .null: sqlite3_bind_null(statement, index)
    case .integer(let value): sqlite3_bind_int64(statement, index, value)
    case .text(let text): sqlite3_bind_text(statement, index, text, -1, copied)
    // SQLite takes an empty blob's missing address for NULL.
    case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(statement, index, 0)
    case .blob(let bytes): sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), copied)
    }
  }
}

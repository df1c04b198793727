internal import GRDB
internal import GRDBSQLite

extension Statement {
  /// What SQLite said of this statement when it was carried out directly.
  ///
  /// - `code`: SQLite's result.
  func error(_ code: Int32, in db: Database) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: code),
      message: sqlite3_errmsg(db.sqliteConnection).map { String(cString: $0) },
      sql: sql
    )
  }
}

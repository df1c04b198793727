import Foundation
import GRDB
import Synchronization

/// Writes into an archive file what its tables' constraints forbid.
enum RowDamage {
  /// The tables of ours, with their columns: all but those that FTS5 reads itself.
  static func columns(of path: String) throws -> [(table: String, column: String)] {
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    return try database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT tables.name, columns.name FROM sqlite_schema AS tables,
            pragma_table_info(tables.name) AS columns
          WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%'
            AND (tables.name NOT LIKE 'search%' OR tables.name = 'search_progress')
          ORDER BY tables.name, columns.cid
          """
      ).map { ($0[0], $0[1]) }
    }
  }

  /// Carries out a statement without constraints and triggers.
  ///
  /// - `sql`: may call `is_chosen(n)`, which is true of the first row and of every n-th behind it.
  /// - Returns: whether a row was changed: its number, for one, cannot be a text.
  static func apply(_ sql: String, to path: String) throws -> Bool {
    let schema = try change(path) { db in
      let schema = try Row.fetchAll(db, sql: "SELECT * FROM sqlite_schema")
      try db.execute(
        sql: """
          DELETE FROM sqlite_schema WHERE type = 'trigger';
          UPDATE sqlite_schema SET sql = replace(replace(replace(sql, 'NOT NULL', ''), 'STRICT,', ''),
            'STRICT', '') WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
          """
      )
      return schema.map { Array($0.databaseValues) }
    }
    let isChanged = try change(path) { db in
      do {
        try db.execute(sql: sql)
        return db.changesCount > 0
      } catch DatabaseError.SQLITE_MISMATCH, DatabaseError.SQLITE_CONSTRAINT {
        return false
      }
    }
    try change(path) { db in
      try db.execute(sql: "DELETE FROM sqlite_schema")
      for row in schema {
        try db.execute(
          sql: "INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)",
          arguments: StatementArguments(row)
        )
      }
    }
    return isChanged
  }

  /// Each time with a connection of its own, which reads the schema anew.
  private static func change<Result>(
    _ path: String,
    _ body: (Database) throws -> Result
  ) throws -> Result {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase {
      let rowNumber = Mutex(0)
      $0.add(
        function: DatabaseFunction("is_chosen", argumentCount: 1) { values in
          let step = Int.fromDatabaseValue(values[0]) ?? 1
          return rowNumber.withLock { number in
            defer { number += 1 }
            return number % step == 0
          }
        }
      )
      try $0.execute(sql: "PRAGMA writable_schema = 1; PRAGMA ignore_check_constraints = 1")
    }
    let database = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? database.close() }
    return try database.write(body)
  }
}

internal import ChangeLog
internal import GRDB
package import ReplicaStorage

/// The derived tables of a replica, row by row.
package enum DerivedState {
  /// A text per row; caches that are filled when they are asked for are left out.
  package static func dump(_ replica: Replica) throws -> [String] {
    try replica.inspect { db in
      let tables = try String.fetchAll(
        db,
        sql: """
          SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('objects', 'entries',
            'deletions', 'texts', 'text_edits', 'versions', 'raw_inputs', 'articles',
            'annotations', 'collections', 'open_reviews', 'touches', 'undos', 'unreadable')
          ORDER BY name
          """
      )
      return try tables.flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { row in
          "\(table) " + row.map { "\($0) \(Self.text(of: $1))" }.joined(separator: ", ")
        }.sorted()
      }
    }
  }

  /// GRDB describes bytes by their number.
  private static func text(of value: DatabaseValue) -> String {
    if case .blob(let bytes) = value.storage { return [UInt8](bytes).hex }
    return value.description
  }
}

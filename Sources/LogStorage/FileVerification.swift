internal import Foundation
package import GRDB

/// What a file of a kind is made of.
package struct FileMakeup: Sendable {
  let applicationID: Int
  let version: Int
  let local: [LocalTable]
  /// Tables that can be made anew from the log.
  let derived: Set<String>
  /// Makes the tables.
  package let create: @Sendable (Database) throws -> Void

  package init(
    applicationID: Int,
    version: Int,
    local: [LocalTable],
    derived: [String],
    create: @escaping @Sendable (Database) throws -> Void
  ) {
    self.applicationID = applicationID
    self.version = version
    self.local = local
    self.derived = Set(derived)
    self.create = create
  }
}

/// Verifies a file as a database: its header, its pages, its tables and the rows with checksums.
package struct FileVerification {
  private let db: Database
  private let makeup: FileMakeup
  private let found: DamageList

  /// - `db`: only read.
  package init(_ db: Database, _ makeup: FileMakeup, _ found: DamageList) {
    self.db = db
    self.makeup = makeup
    self.found = found
  }

  package func run(_ depth: VerificationDepth) throws {
    let expected = try Self.schema(of: makeup)
    try verifyPages(depth, expected)
    try verifySettings()
    try verifySchema(expected)
    for table in makeup.local { try verifyRows(of: table) }
  }

  /// Fields of SQLite's header (file format, 1.3) that are the same in all files that stet writes,
  /// and of which SQLite does not complain when they are others.
  package static func verifyHeader(of path: String, _ found: DamageList) throws {
    guard let handle = FileHandle(forReadingAtPath: path) else { return }
    defer { try? handle.close() }
    let header = Array(try handle.read(upToCount: 100) ?? Data())
    let constants: [(name: String, offset: Int, accepted: [[UInt8]])] = [
      ("format for writing", 18, [[1], [2]]),
      ("format for reading", 19, [[1], [2]]),
      ("reserved bytes of a page", 20, [[0]]),
      ("payload fractions", 21, [[64, 32, 32]]),
      ("format of the schema", 44, [[0, 0, 0, 4]]),
      ("suggested cache size", 48, [[0, 0, 0, 0]]),
      ("largest root page", 52, [[0, 0, 0, 0]]),
      ("text encoding", 56, [[0, 0, 0, 1]]),
      ("incremental vacuum", 64, [[0, 0, 0, 0]]),
      ("reserved bytes", 72, [[UInt8](repeating: 0, count: 20)]),
    ]
    for field in constants
    where !field.accepted.contains(where: { header.dropFirst(field.offset).starts(with: $0) }) {
      found.add(Damage(.file, .file, "the header's \(field.name) is not what stet writes"))
    }
  }

  private func verifyPages(_ depth: VerificationDepth, _ schema: Set<SchemaObject>) throws {
    let pragma =
      switch depth {
      case .quick: "quick_check"
      case .full: "integrity_check"
      }
    let names = namesOfDerived(schema)
    _ = try found.check(.file, .file) {
      let rows = try Row.fetchCursor(db, sql: "PRAGMA \(pragma)(1000000)")
      while let row = try rows.next() {
        let message = String.fromDatabaseValue(row[0]) ?? ""
        guard message != "ok" else { continue }
        let table = message.split { !($0.isLetter || $0.isNumber || $0 == "_") }
          .lazy.compactMap { names[String($0)] }.first
        // Where the check names a derived table or its index, pages are whole and rows are wrong.
        found.add(
          table.map { Damage(.state, .table($0), message) } ?? Damage(.file, .file, message)
        )
      }
    }
  }

  /// The derived tables, by their names and those of their indexes.
  private func namesOfDerived(_ schema: Set<SchemaObject>) -> [String: String] {
    var names: [String: String] = [:]
    for object in schema where makeup.derived.contains(object.table) {
      names[object.name] = object.table
    }
    return names
  }

  private func verifySettings() throws {
    for (pragma, expected) in [
      ("application_id", makeup.applicationID), ("user_version", makeup.version),
    ] {
      _ = try found.check(.file, .file) {
        let value = try Int.fetchOne(db, sql: "PRAGMA \(pragma)")
        guard value != expected else { return }
        let shown = value.map(String.init) ?? "absent"
        found.add(Damage(.file, .file, "\(pragma) is \(shown), not \(expected)"))
      }
    }
  }

  private func verifySchema(_ expected: Set<SchemaObject>) throws {
    _ = try found.check(.file, .table("sqlite_schema")) {
      let present = try Self.schema(db)
      for object in expected.symmetricDifference(present).sorted(by: { $0.name < $1.name }) {
        let problem =
          expected.contains(object)
          ? "it is missing or not as stet makes it" : "stet does not make it"
        found.add(
          Damage(.file, .row("sqlite_schema", key: "\(object.kind) \(object.name)"), problem)
        )
      }
    }
  }

  private func verifyRows(of table: LocalTable) throws {
    _ = try found.check(.local, .table(table.name)) {
      let keys = try Int64.fetchAll(
        db,
        sql: """
          SELECT rowid FROM \(table.name)
          WHERE checksum IS NOT \(RowChecksum.expression(table.columns))
          """
      )
      for key in keys {
        found.add(
          Damage(.local, .row(table.name, key: "\(key)"), "its checksum does not hold")
        )
      }
      let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)") ?? 0
      if table.isSingle, count != 1 {
        found.add(Damage(.local, .table(table.name), "it has \(count) rows instead of one"))
      }
    }
  }

  // MARK: - Schema

  private struct SchemaObject: Hashable {
    let kind: String
    let name: String
    let table: String
    /// Storage classes: names stored as blobs read alike, and SQLite does not find them.
    let types: String
    /// UTF-8; absent for indexes that SQLite makes itself.
    let sql: Data?
  }

  private static func schema(of makeup: FileMakeup) throws -> Set<SchemaObject> {
    let model = try SQLiteFile.scratch()
    defer { try? model.close() }
    return try model.write { db in
      try makeup.create(db)
      return try schema(db)
    }
  }

  private static func schema(_ db: Database) throws -> Set<SchemaObject> {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT type, name, tbl_name,
          typeof(type) || typeof(name) || typeof(tbl_name) || typeof(sql), CAST(sql AS BLOB) FROM sqlite_schema
        """
    )
    return Set(
      rows.map { row in
        SchemaObject(
          kind: String.fromDatabaseValue(row[0]) ?? "",
          name: String.fromDatabaseValue(row[1]) ?? "",
          table: String.fromDatabaseValue(row[2]) ?? "",
          types: String.fromDatabaseValue(row[3]) ?? "",
          sql: Data.fromDatabaseValue(row[4])
        )
      }
    )
  }
}

internal import ArchiveModel
internal import Foundation
internal import GRDB
internal import LogStorage

/// Verifies the full-text index: its text against the state that the log gives, and its words against
/// its text.
struct SearchVerification {
  private let file: Database
  private let model: Database
  private let found: DamageList

  /// - `model`: the state as the log gives it.
  init(_ file: Database, _ model: Database, _ found: DamageList) {
    self.file = file
    self.model = model
    self.found = found
  }

  func run() throws {
    _ = try found.check(.search, .table("search_content")) { try verifyText() }
    try verifyWords()
  }

  /// Compares the text of every article that has not changed since the index read it.
  private func verifyText() throws {
    let progress = try Int64.fetchOne(file, sql: "SELECT position FROM search_progress") ?? 0
    let source = SearchSource(model)
    let waiting = Set(try source.touched(after: progress, limit: .max).articles.map(\.number))
    let articles = try Int64.fetchCursor(
      model,
      sql: "SELECT id FROM objects WHERE type = ? ORDER BY id",
      arguments: [Int64(ObjectType.article.rawValue)]
    )
    let rows = try Row.fetchCursor(
      file,
      sql: """
        SELECT id, CAST(c0 AS BLOB), CAST(c1 AS BLOB), CAST(c2 AS BLOB), CAST(c3 AS BLOB)
        FROM search_content ORDER BY id
        """
    )
    func complain(_ number: Int64) {
      found.add(
        Damage(.search, .row("search", key: "\(number)"), "it is not the text of its article")
      )
    }
    var row = try rows.next().map { Array($0.databaseValues) }
    func number() -> Int64? { row.map { Int64.fromDatabaseValue($0[0]) ?? .min } }
    while let article = try articles.next() {
      while let extra = number(), extra < article {
        complain(extra)
        row = try rows.next().map { Array($0.databaseValues) }
      }
      let text = number() == article ? row?.dropFirst().map { Data.fromDatabaseValue($0) } : nil
      if text != nil { row = try rows.next().map { Array($0.databaseValues) } }
      if waiting.contains(article) { continue }
      let expected = try source.columns(of: article)
      if text != expected?.map({ Data($0.utf8) }) { complain(article) }
    }
    while let extra = number() {
      complain(extra)
      row = try rows.next().map { Array($0.databaseValues) }
    }
  }

  /// Has FTS5 check a copy of its tables: its own check is a write, and the file is only read.
  private func verifyWords() throws {
    let copy = try SQLiteFile.scratch()
    defer { try? copy.close() }
    try copy.write { try SearchIndex.create($0) }
    _ = try found.check(.search, .table("search")) {
      for shadow in SearchIndex.shadows { try copy.write { try self.copy(shadow, to: $0) } }
      try copy.writeWithoutTransaction { db in
        // FTS5 reads its tables anew only when the table is opened anew.
        try db.execute(sql: "PRAGMA writable_schema = RESET")
        try db.execute(sql: "INSERT INTO search (search) VALUES ('integrity-check')")
      }
    }
  }

  private func copy(_ shadow: (name: String, columns: [String]), to copy: Database) throws {
    let selection = shadow.columns.map {
      "CAST(\($0) AS BLOB), typeof(\($0))"
    }
    let rows = try Row.fetchCursor(
      file,
      sql: "SELECT \(selection.joined(separator: ", ")) FROM \(shadow.name)"
    )
    try copy.execute(sql: "DELETE FROM \(shadow.name)")
    // As bytes: text with bytes that are no UTF-8 is to come over as it is.
    let values = shadow.columns.indices.map { column in
      let (value, type) = ("?\(2 * column + 1)", "?\(2 * column + 2)")
      return """
        CASE \(type) WHEN 'integer' THEN CAST(\(value) AS INTEGER)
          WHEN 'text' THEN CAST(\(value) AS TEXT) ELSE \(value) END
        """
    }
    let insertion = try copy.cachedStatement(
      sql: """
        INSERT INTO \(shadow.name) (\(shadow.columns.joined(separator: ", ")))
        VALUES (\(values.joined(separator: ", ")))
        """
    )
    while let row = try rows.next() {
      try insertion.execute(arguments: StatementArguments(row.databaseValues))
    }
  }
}

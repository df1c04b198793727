internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Texts as rows: the plain text, and beside it the edits, which are read only when somebody asks.
struct TextStore {
  private let db: Database

  init(_ db: Database) { self.db = db }

  /// The texts of an object that were edited, at rest.
  func all(of object: Int64, _ budget: inout ByteBudget) throws -> [TextState] {
    var texts: [TextState] = []
    try forEach(of: object) { text in
      try budget.take(ObjectWindow.byteCount(of: text))
      texts.append(text)
    }
    return texts
  }

  /// Visits the texts of an object that were edited, at rest, in their order.
  func forEach(of object: Int64, _ body: (TextState) throws -> Void) throws {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT field, version, content, heads, is_branched, weight FROM texts WHERE object = ?
          ORDER BY field, version
          """
      ),
      arguments: [object]
    )
    while let row = try rows.next() { try body(Self.text(in: row)) }
  }

  /// A text at rest; `nil` when nobody edited it.
  func text(_ id: TextID, of object: Int64) throws -> TextState? {
    try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT field, version, content, heads, is_branched, weight FROM texts
          WHERE object = ? AND field = ? AND version = ?
          """
      ),
      arguments: [object, Int64(id.field), id.version.blob]
    ).map(Self.text(in:))
  }

  private static func text(in row: Row) throws -> TextState {
    TextState(
      id: try TextID(
        field: row.decode(atIndex: 0),
        version: Array(row.decode(atIndex: 1) as Data)
      ),
      heads: try [Dot](stored: row.decode(atIndex: 3)),
      content: String(decoding: try row.decode(atIndex: 2) as Data, as: UTF8.self),
      isBranched: try row.decode(atIndex: 4),
      weight: try weight(row.decode(atIndex: 5))
    )
  }

  /// What the edits of a text weigh, bytes.
  func weight(of text: TextID, in object: Int64) throws -> Int {
    let stored = try Int.fetchOne(
      db.cachedStatement(
        sql: "SELECT weight FROM texts WHERE object = ? AND field = ? AND version = ?"
      ),
      arguments: [object, Int64(text.field), text.version.blob]
    )
    return try Self.weight(stored ?? 0)
  }

  private static func weight(_ stored: Int) throws -> Int {
    guard 0...(TextWeight.limit + 1) ~= stored else { throw LogFailure.damaged("state") }
    return stored
  }

  /// The edits of a text.
  func edits(of text: TextID, in object: Int64) throws -> Edits {
    let count = try Int.fetchOne(
      db.cachedStatement(
        sql: "SELECT edit_count FROM texts WHERE object = ? AND field = ? AND version = ?"
      ),
      arguments: [object, Int64(text.field), text.version.blob]
    )
    guard let count = UInt32(exactly: count ?? 0) else { throw LogFailure.damaged("state") }
    return Edits(db: db, object: object, text: text, count: Int(count))
  }

  /// The edits of a text, in the order in which they took effect.
  struct Edits: StoredTextEdits {
    fileprivate let db: Database
    fileprivate let object: Int64
    fileprivate let text: TextID
    let count: Int

    var damage: (any Error)? { LogFailure.damaged("state") }

    func contains(_ edit: Dot) throws -> Bool {
      try Bool.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT EXISTS (SELECT 1 FROM text_edits
              WHERE dot = ? AND object = ? AND field = ? AND version = ?)
            """
        ),
        arguments: [edit.bytes.blob, object, Int64(text.field), text.version.blob]
      ) ?? false
    }

    func edits(_ places: Range<Int>) throws -> [TextEdit] {
      let edits = try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT dot, parents, hunks FROM text_edits
            WHERE object = ? AND field = ? AND version = ? AND number >= ? AND number < ?
            ORDER BY number
            """
        ),
        arguments: [
          object, Int64(text.field), text.version.blob, places.lowerBound, places.upperBound,
        ]
      ).map { row in
        guard let hunks = TextEditBody.hunks(Array(try row.decode(atIndex: 2) as Data)) else {
          throw LogFailure.damaged("state")
        }
        return TextEdit(
          dot: try Dot(stored: row.decode(atIndex: 0)),
          parents: try [Dot](stored: row.decode(atIndex: 1)),
          hunks: hunks
        )
      }
      guard edits.count == places.count else { throw LogFailure.damaged("state") }
      return edits
    }
  }

  /// Writes a text with the edits that came to it; one that is overfull loses those that it had.
  func save(_ text: TextState, adding edits: [TextEdit], of object: Int64) throws {
    if text.isOverfull { try dropEdits(of: text.id, in: object) }
    let known = text.isOverfull ? 0 : try self.edits(of: text.id, in: object).count
    try db.cachedStatement(
      sql: """
        INSERT INTO texts (object, field, version, content, heads, edit_count, is_branched, weight)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET content = excluded.content, heads = excluded.heads,
          edit_count = excluded.edit_count, is_branched = excluded.is_branched,
          weight = excluded.weight
        """
    ).execute(arguments: [
      object, Int64(text.id.field), text.id.version.blob, Array(text.content.utf8).blob,
      text.heads.bytes.blob, known + edits.count, text.isBranched, text.weight,
    ])
    for (offset, edit) in edits.enumerated() {
      try db.cachedStatement(
        sql: """
          INSERT INTO text_edits (object, field, version, number, dot, parents, hunks)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        object, Int64(text.id.field), text.id.version.blob, known + offset, edit.dot.bytes.blob,
        edit.parents.bytes.blob, TextEditBody.body(edit.hunks).blob,
      ])
    }
  }

  private func dropEdits(of text: TextID, in object: Int64) throws {
    try db.cachedStatement(
      sql: "DELETE FROM text_edits WHERE object = ? AND field = ? AND version = ?"
    ).execute(arguments: [object, Int64(text.field), text.version.blob])
  }
}

internal import ArchiveModel
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// The full-text index over headlines, bodies, tags and notes.
///
/// Derived from the state, and behind it: it knows up to which position of the log it has read,
/// and catches up when somebody searches. Nothing waits for it.
enum SearchIndex {
  /// Up to which position of the log the index has read.
  static let progress = LocalTable("search_progress", ["position"], isSingle: true)
  /// The index and the tables that FTS5 keeps it in.
  static let tables = ["search"] + shadows.map(\.name)
  /// FTS5's tables ("FTS5 Data Structures"), with their columns.
  static let shadows = [
    (name: "search_data", columns: ["id", "block"]),
    (name: "search_idx", columns: ["segid", "term", "pgno"]),
    (name: "search_content", columns: ["id", "c0", "c1", "c2", "c3"]),
    (name: "search_docsize", columns: ["id", "sz"]),
    (name: "search_config", columns: ["k", "v"]),
  ]

  static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        -- Up to which position of the log the index has read. A number that is too small would only
        -- have it read again; the checksum tells that it was not.
        CREATE TABLE search_progress (
          position INTEGER NOT NULL,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """
    )
    try RowChecksum.keep(in: progress.name, over: progress.columns, db)
    try db.execute(sql: "INSERT INTO search_progress (position) VALUES (0)")
    try createTable(db)
  }

  private static func createTable(_ db: Database) throws {
    try db.execute(
      sql: """
        -- rowid: of articles.
        CREATE VIRTUAL TABLE search USING fts5(
          headline, body, tags, notes, tokenize = "unicode61 remove_diacritics 2");
        """
    )
  }

  static func reset(_ db: Database) throws {
    // Not emptied: FTS5 would read what may be damaged to find what to delete.
    try db.execute(sql: "DROP TABLE search")
    try createTable(db)
    try db.execute(sql: "UPDATE search_progress SET position = 0")
  }

  /// Reads on, a batch of articles at most.
  ///
  /// - Returns: the position reached and the log's end.
  static func catchUp(_ db: Database, touchLimit: Int = 2000) throws -> (Int64, Int64) {
    let progress = try Int64.fetchOne(db, sql: "SELECT position FROM search_progress") ?? 0
    let end = try Int64.fetchOne(db, sql: "SELECT max(position) FROM packs") ?? 0
    let (articles, last) = try touched(db, after: progress, limit: touchLimit)
    let store = StateStore(db)
    for article in articles { try index(article, db, store) }
    let reached = last ?? end
    try db.execute(sql: "UPDATE search_progress SET position = ?", arguments: [reached])
    return (reached, end)
  }

  /// Articles that changes after a position are about, themselves or by their annotations.
  ///
  /// - Returns: their numbers, each once, in the order of the log; and the position of the last change
  ///   looked at, where the limit came before the log's end.
  static func touched(
    _ db: Database,
    after position: Int64,
    limit: Int
  ) throws -> (articles: [Int64], last: Int64?) {
    let touched = try Row.fetchAll(
      db,
      sql: """
        SELECT touches.position, objects.id, objects.type, annotations.article
        FROM touches JOIN objects ON objects.id = touches.object
          LEFT JOIN annotations ON annotations.object = objects.id
        WHERE touches.position > ? ORDER BY touches.position LIMIT ?
        """,
      arguments: [position, limit]
    )
    let store = StateStore(db)
    var articles: [Int64] = []
    var seen: Set<Int64> = []
    for row in touched {
      let article: Int64?
      switch ObjectType(rawValue: row[2]) {
      case .article: article = row[1]
      case .annotation:
        let id = (row[3] as Data?).flatMap {
          ObjectID(type: ObjectType.article.rawValue, bytes: $0)
        }
        article = try id.flatMap { try store.existingNumber(of: $0) }
      case .collection, .profile, .archive, nil: article = nil
      }
      if let article, seen.insert(article).inserted { articles.append(article) }
    }
    return (articles, touched.count < limit ? nil : touched.last?[0])
  }

  private static func index(_ number: Int64, _ db: Database, _ store: StateStore) throws {
    try db.cachedStatement(sql: "DELETE FROM search WHERE rowid = ?").execute(arguments: [number])
    guard let columns = try columns(of: number, db, store) else { return }
    try db.cachedStatement(
      sql: "INSERT INTO search (rowid, headline, body, tags, notes) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [number] + StatementArguments(columns))
  }

  /// What the index holds of an article; `nil` for one that is not to be found.
  static func columns(of number: Int64, _ db: Database, _ store: StateStore) throws -> [String]? {
    let blob = try Data.fetchOne(
      db.cachedStatement(sql: "SELECT object FROM objects WHERE id = ?"),
      arguments: [number]
    )
    guard let blob, let id = ObjectID(type: ObjectType.article.rawValue, bytes: blob) else {
      return nil
    }
    let article = Article(
      id: id,
      state: try store.state(of: number),
      versions: try store.versions(of: number)
    )
    guard article.isLive else { return nil }
    let notes = try Data.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT texts.content FROM annotations JOIN texts ON texts.object = annotations.object
          WHERE annotations.article = ? AND annotations.is_live
          """
      ),
      arguments: [blob]
    ).map { String(decoding: $0, as: UTF8.self) }
    return [
      article.shown.headline, article.shown.body, article.tags.joined(separator: "\n"),
      notes.joined(separator: "\n"),
    ].map(SearchText.folded)
  }
}

extension Replica {
  /// Articles that contain all the words, best first.
  ///
  /// Reads what the index has not read yet before it answers.
  /// - `query`: words; a passage between double quotes stands word for word.
  /// - `progress`: called with the position that the index has reached, of how many.
  package func search(
    _ query: String,
    limit: Int,
    progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws -> [SearchHit] {
    try catchUpSearch(progress: progress)
    guard let match = SearchText.match(query) else { return [] }
    return try database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(ArticleRow.columns), articles.object
          FROM search JOIN articles ON articles.object = search.rowid
            JOIN objects ON objects.id = articles.object
          WHERE search MATCH ? ORDER BY rank, objects.object LIMIT ?
          """,
        arguments: [match, limit]
      ).map { row in
        let article = try ArticleRow(row)
        let number: Int64 = row[10]
        let store = StateStore(db)
        let shown = Article(
          id: article.id,
          state: try store.state(of: number),
          versions: try store.versions(of: number)
        ).shown
        return SearchHit(
          article: article,
          snippet: SearchText.snippet(of: shown.body, for: query)
        )
      }
    }
  }

  /// Brings the index up to the log's end.
  package func catchUpSearch(progress: (Int64, Int64) -> Void = { _, _ in }) throws {
    while true {
      let isBehind = try database.read { db in
        try Bool.fetchOne(
          db,
          sql: """
            SELECT (SELECT position FROM search_progress)
              < coalesce((SELECT max(position) FROM packs), 0)
            """
        ) ?? false
      }
      guard isBehind else { return }
      let (reached, end) = try database.write { try SearchIndex.catchUp($0) }
      progress(reached, end)
    }
  }
}

/// An article that a search found.
package struct SearchHit: Sendable {
  package let article: ArticleRow
  /// A few words of the body around the first hit in it.
  package let snippet: String
}

internal import ArchiveModel
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// The full-text index over headlines, bodies, tags and notes.
///
/// Derived from the state, and behind it: it knows up to which position of the log it has read, and
/// goes on from there. Its rows and that position move in one transaction, so whoever reads on may be
/// killed anywhere, and several may read on in turns. Nothing waits for it.
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

  /// Reads on until the log's end, or until the time is up.
  ///
  /// - `deadline`: looked at between two steps of a few milliseconds' work.
  static func readOn(_ db: Database, until deadline: ContinuousClock.Instant) throws {
    let end = try SearchPosition(db).end
    while try step(db, towards: end) < end, ContinuousClock.now < deadline {}
  }

  /// Few enough that a process to which the machine leaves little time keeps to its deadline.
  private static let touchesPerStep = 100

  /// - Returns: the position reached.
  private static func step(_ db: Database, towards end: Int) throws -> Int {
    let progress = try SearchPosition(db).reached
    let (articles, last) = try touched(db, after: Int64(progress), limit: touchesPerStep)
    let store = StateStore(db)
    for article in articles { try index(article, db, store) }
    let reached = last.map { Int(clamping: $0) } ?? end
    try db.execute(sql: "UPDATE search_progress SET position = ?", arguments: [reached])
    return reached
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

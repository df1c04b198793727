internal import ChangeLog
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
  /// While one step is written, the next one is read on another core.
  /// - `deadline`: looked at between two steps of a few milliseconds' work.
  /// - `reader`: sees what `db`'s transaction found; `nil` where both take turns on `db`.
  static func readOn(
    _ db: Database,
    beside reader: ReadingConnection?,
    until deadline: ContinuousClock.Instant
  ) throws {
    try setHashSize(db)
    let position = try SearchPosition(db)
    var reached = position.reached
    var ahead: PendingRead<SearchStep>?
    repeat {
      let step = try ahead?.value() ?? SearchStep(db, after: reached, towards: position.end)
      reached = step.reached
      ahead =
        reached < position.end
        ? reader?.begin { [reached] in try SearchStep($0, after: reached, towards: position.end) }
        : nil
      try write(step, db)
    } while reached < position.end && ContinuousClock.now < deadline
  }

  /// Bytes of words that FTS5 gathers before it writes them (FTS5, *The 'hashsize' option*).
  ///
  /// Measured with FTS5 alone on 60,000 articles, three rounds in turns, against its own rebuild: 5,000 in
  /// a transaction take 1.25 with FTS5's own 1 MB and 0.85 with 16 MB; 600 take 1.26 and 1.08.
  private static let hashByteCount = 16 << 20

  /// FTS5 keeps the number in the file; one that was made without it gets it here.
  private static func setHashSize(_ db: Database) throws {
    let isSet = try Bool.fetchOne(
      db,
      sql: "SELECT EXISTS (SELECT 1 FROM search_config WHERE k = 'hashsize' AND v = ?)",
      arguments: [hashByteCount]
    )
    guard isSet != true else { return }
    try db.execute(
      sql: "INSERT INTO search (search, rank) VALUES ('hashsize', ?)",
      arguments: [hashByteCount]
    )
  }

  private static func write(_ step: SearchStep, _ db: Database) throws {
    let deletion = try db.cachedStatement(sql: "DELETE FROM search WHERE rowid = ?")
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO search (rowid, headline, body, tags, notes) VALUES (?, ?, ?, ?, ?)"
    )
    let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM search_content") ?? 0
    for article in step.articles {
      // Most articles of a first reading are new here, and FTS5 would look for each in three tables.
      if article.number <= newest { try deletion.execute(arguments: [article.number]) }
      guard let columns = article.columns else { continue }
      try insertion.execute(arguments: [article.number] + StatementArguments(columns))
    }
    try db.execute(sql: "UPDATE search_progress SET position = ?", arguments: [step.reached])
    // Without its row whoever reads on would begin at the beginning for ever.
    guard db.changesCount == 1 else { throw LogFailure.damaged("search index") }
  }
}

internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Where the search index reads from: the log's touches, and the state.
struct SearchSource {
  private let db: Database
  private let store: StateStore

  init(_ db: Database) {
    self.db = db
    store = StateStore(db)
  }

  /// Articles that changes after a position are about, themselves or by their annotations.
  ///
  /// - Returns: their numbers, each once, with the position of the first such change, in the order of the
  ///   log; and the position of the last change looked at, where the limit came before the log's end.
  func touched(
    after position: Int64,
    limit: Int
  ) throws -> (articles: [(number: Int64, position: Int64)], last: Int64?) {
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
    var articles: [(number: Int64, position: Int64)] = []
    var seen: Set<Int64> = []
    for row in touched {
      let article: Int64?
      switch ObjectType(rawValue: try row.decode(atIndex: 2)) {
      case .article: article = try row.decode(atIndex: 1)
      case .annotation:
        let id = (try row.decode(atIndex: 3) as Data?).flatMap {
          ObjectID(type: ObjectType.article.rawValue, bytes: $0)
        }
        article = try id.flatMap { try store.existingNumber(of: $0) }
      case .collection, .profile, .archive, nil: article = nil
      }
      if let article, seen.insert(article).inserted {
        articles.append((article, try row.decode(atIndex: 0)))
      }
    }
    return (articles, touched.count < limit ? nil : touched.last?[0])
  }

  /// What the index holds of an article, folded: headline, body, tags, notes; `nil` for one that is not to
  /// be found.
  func columns(of number: Int64) throws -> [String]? {
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
    return [
      article.shown.headline, article.shown.body, article.tags.joined(separator: "\n"),
      try notes(on: id).joined(separator: "\n"),
    ].map(SearchText.folded)
  }

  /// Bytes of an article's notes that can be found, as many as one text may have.
  ///
  /// Beyond what a row holds the index would come to a stop.
  private static let notesByteLimit = TextWeight.limit

  /// The notes on an article, in the order in which they came, without those for which there is no room.
  private func notes(on article: ObjectID) throws -> [String] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT texts.content FROM annotations JOIN texts ON texts.object = annotations.object
          WHERE annotations.article = ? AND annotations.is_live ORDER BY annotations.object
          """
      ),
      arguments: [article.bytes.blob]
    )
    var notes: [String] = []
    var byteCount = 0
    while let row = try rows.next() {
      let note = try row.decode(atIndex: 0) as Data
      guard byteCount + note.count <= Self.notesByteLimit else { continue }
      byteCount += note.count
      notes.append(String(decoding: note, as: UTF8.self))
    }
    return notes
  }
}

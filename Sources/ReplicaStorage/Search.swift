internal import ArchiveModel
internal import Foundation
internal import GRDB

/// Which articles a search puts first.
package enum SearchOrder: Sendable {
  /// The best, as FTS5's BM25 ranks them.
  case best
  /// The newest, as in a list of the archive.
  case newest
}

/// What a search found, and how much of the archive it looked through.
package struct SearchResult: Sendable {
  /// In the order that was asked for.
  package let hits: [SearchHit]
  /// How far the index had read.
  package let position: SearchPosition
}

/// An article that a search found.
package struct SearchHit: Sendable {
  package let article: ArticleRow
  /// A few words of the body around the first hit in it.
  package let snippet: String
}

extension Replica {
  /// Articles that contain all the words, as far as the index has read.
  ///
  /// - `query`: words; a passage between double quotes stands word for word.
  package func search(
    _ query: String,
    by order: SearchOrder = .best,
    limit: Int
  ) throws -> SearchResult {
    try database.read { db in
      SearchResult(
        hits: try Self.hits(of: query, by: order, limit: limit, db),
        position: try SearchPosition(db)
      )
    }
  }

  private static func hits(
    of query: String,
    by order: SearchOrder,
    limit: Int,
    _ db: Database
  ) throws -> [SearchHit] {
    guard let match = SearchText.match(query) else { return [] }
    let rows =
      switch order {
      case .best: try best(match, limit: limit, db)
      case .newest: try newest(match, limit: limit, db)
      }
    return try rows.map { row in
      let article = try ArticleRow(row)
      let number: Int64 = try row.decode(atIndex: 10)
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

  private static func best(_ match: String, limit: Int, _ db: Database) throws -> [Row] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT \(ArticleRow.columns), articles.object
        FROM search JOIN articles ON articles.object = search.rowid
          JOIN objects ON objects.id = articles.object
        WHERE search MATCH ? ORDER BY rank, objects.object LIMIT ?
        """,
      arguments: [match, limit]
    )
  }

  /// The newest articles that match.
  ///
  /// *Rule*: a few articles with common words are looked for in the newest ones, one by one; rare words, and
  /// what the newest do not have, are collected from the whole index. *Why*: to collect costs about 1 µs
  /// for every article that contains the words, to look into one about 50 µs. *What if not*: in 258,804
  /// articles the newest 20 with "the" take 200 ms instead of 3, or those with "ferry" 400 ms instead
  /// of 8.
  private static func newest(_ match: String, limit: Int, _ db: Database) throws -> [Row] {
    let articleCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM articles") ?? 0
    // As many as it takes where common words are evenly spread, and up to four times as many, at half of
    // what it costs to collect all at most.
    let expectedCount = commonShare * min(max(0, limit), articleCount)
    let lookCount = min(4 * expectedCount, articleCount / (2 * lookCost))
    if lookCount >= expectedCount, try isCommon(match, among: articleCount, db) {
      let rows = try amongNewest(lookCount, match, limit: limit, db)
      if rows.count == limit { return rows }
    }
    return try Row.fetchAll(
      db,
      sql: """
        SELECT \(ArticleRow.columns), articles.object
        FROM articles JOIN objects ON objects.id = articles.object
        WHERE articles.object IN (SELECT rowid FROM search WHERE search MATCH ?)
        ORDER BY published_ms DESC, objects.object LIMIT ?
        """,
      arguments: [match, limit]
    )
  }

  /// Whether one article in ``commonShare`` contains the words.
  private static func isCommon(
    _ match: String,
    among articleCount: Int,
    _ db: Database
  ) throws -> Bool {
    let enough = max(1, articleCount / commonShare)
    let count = try Int.fetchOne(
      db,
      sql: "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)",
      arguments: [match, enough]
    )
    return count == enough
  }

  /// Looks into so many of the newest articles.
  private static func amongNewest(
    _ lookCount: Int,
    _ match: String,
    limit: Int,
    _ db: Database
  ) throws -> [Row] {
    let probe = try db.cachedStatement(
      sql: "SELECT 1 FROM search WHERE search MATCH ? AND rowid = ?"
    )
    let newest = try Row.fetchCursor(
      db,
      sql: """
        SELECT \(ArticleRow.columns), articles.object
        FROM articles JOIN objects ON objects.id = articles.object
        ORDER BY published_ms DESC, objects.object LIMIT ?
        """,
      arguments: [lookCount]
    )
    var rows: [Row] = []
    while rows.count < limit, let row = try newest.next() {
      let number: Int64 = try row.decode(atIndex: 10)
      guard try Int.fetchOne(probe, arguments: [match, number]) != nil else { continue }
      rows.append(row.copy())
    }
    return rows
  }

  /// Words are common that stand in at least one article of so many.
  private static var commonShare: Int { 16 }

  /// To look into an article costs as much as to collect so many.
  private static var lookCost: Int { 50 }
}

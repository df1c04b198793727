internal import ArchiveModel
internal import Foundation
internal import GRDB

/// What a search found, and how much of the archive it looked through.
package struct SearchResult: Sendable {
  /// Best first.
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
  package func search(_ query: String, limit: Int) throws -> SearchResult {
    try database.read { db in
      SearchResult(
        hits: try Self.hits(of: query, limit: limit, db),
        position: try SearchPosition(db)
      )
    }
  }

  private static func hits(of query: String, limit: Int, _ db: Database) throws -> [SearchHit] {
    guard let match = SearchText.match(query) else { return [] }
    return try Row.fetchAll(
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

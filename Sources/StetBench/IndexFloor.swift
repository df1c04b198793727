import ArchiveModel
import Foundation
import GRDB
import Interchange

/// The search index as FTS5 alone builds it, from text that lies ready in its own tables.
struct IndexFloor {
  /// What FTS5's own rebuild took, s.
  let seconds: Double
  /// The word that stands in most articles.
  let commonWord: String

  /// - `tokenizer`: in FTS5's words.
  init(_ input: String, tokenizer: String, in folder: URL) throws {
    let database = try Floor.makeDatabase(in: folder)
    defer { try? database.close() }
    try database.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA cache_size = -64000")
      try db.execute(
        sql: """
          CREATE VIRTUAL TABLE search USING fts5(
            headline, body, tags, notes, tokenize = "\(tokenizer)")
          """
      )
    }
    try Self.fill(database, from: input)
    let start = ContinuousClock.now
    try database.write { try $0.execute(sql: "INSERT INTO search (search) VALUES ('rebuild')") }
    seconds = (ContinuousClock.now - start) / .seconds(1)
    let word = try database.writeWithoutTransaction { db in
      try db.execute(sql: "CREATE VIRTUAL TABLE words USING fts5vocab(search, row)")
      return try String.fetchOne(db, sql: "SELECT term FROM words ORDER BY doc DESC LIMIT 1")
    }
    guard let word else { throw BenchFailure("there is no word in \(input)") }
    commonWord = word
  }

  /// Puts the folded text where FTS5 keeps it.
  private static func fill(_ database: DatabaseQueue, from input: String) throws {
    let batches = ArticleBatches(path: input, options: ImportOptions()) { $0 }
    try database.writeWithoutTransaction { db in
      try db.beginTransaction()
      let insertion = try db.makeStatement(
        sql: "INSERT INTO search_content (c0, c1, c2, c3) VALUES (?, ?, ?, '')"
      )
      while let batch = try batches.next() {
        for case .article(let article) in batch.records {
          let version = article.version
          try insertion.execute(
            arguments: StatementArguments(
              [version.headline, version.body, version.tags.joined(separator: "\n")]
                .map(SearchText.folded)
            )
          )
        }
      }
      try db.commit()
    }
  }
}

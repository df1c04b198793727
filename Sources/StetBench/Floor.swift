import ArchiveModel
import ChangeLog
import Foundation
import GRDB
import Interchange

/// The work that cannot be left out, in its plainest form.
enum Floor {
  /// The one that imports use.
  private static let level: Int32 = 1

  /// Parses the input, compresses it in blocks of 256 KiB, and inserts a row per article.
  static func importing(
    _ input: String,
    in folder: URL
  ) throws -> (seconds: Double, blocks: [Block]) {
    let start = ContinuousClock.now
    let articles = try parse(input)
    let blocks = blocks(of: articles)
    let compressed = blocks.map { Block(raw: $0.count, bytes: Deflate.compress($0, level: level)) }
    try insert(articles, in: folder)
    return ((ContinuousClock.now - start) / .seconds(1), compressed)
  }

  /// Inflates the blocks and inserts a row per article.
  static func cloning(_ blocks: [Block], of input: String, in folder: URL) throws -> Double {
    let articles = try parse(input)
    let start = ContinuousClock.now
    for block in blocks { _ = try Deflate.decompress(block.bytes, rawSize: block.raw) }
    try insert(articles, in: folder)
    return (ContinuousClock.now - start) / .seconds(1)
  }

  struct Block {
    let raw: Int
    let bytes: [UInt8]
  }

  private static func parse(_ input: String) throws -> [ArticleVersion] {
    var file = try ArticleFile(path: input, options: ImportOptions())
    var articles: [ArticleVersion] = []
    while let batch = try file.nextBatch() {
      for case .article(let article) in batch { articles.append(article.version) }
    }
    return articles
  }

  private static func blocks(of articles: [ArticleVersion]) -> [[UInt8]] {
    var blocks: [[UInt8]] = [[]]
    for article in articles {
      if blocks[blocks.count - 1].count > 256 << 10 { blocks.append([]) }
      blocks[blocks.count - 1] += article.record
    }
    return blocks
  }

  /// One table with the columns of an article, in one transaction, on disk at the end.
  private static func insert(_ articles: [ArticleVersion], in folder: URL) throws {
    let database = try DatabaseQueue(path: folder.appending(path: "\(UUID().uuidString).db").path)
    try database.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL")
    }
    try database.write { db in
      try db.execute(
        sql: "CREATE TABLE article (id TEXT, source TEXT, published TEXT, headline TEXT, body TEXT)"
      )
      let statement = try db.cachedStatement(sql: "INSERT INTO article VALUES (?, ?, ?, ?, ?)")
      for article in articles {
        try statement.execute(arguments: [
          article.sourceID, article.source, article.published, article.headline, article.body,
        ])
      }
    }
    try database.close()
  }
}

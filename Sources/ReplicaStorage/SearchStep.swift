internal import GRDB

/// What the search index is to hold of the articles that the next changes are about.
struct SearchStep: Sendable {
  struct Article: Sendable {
    let number: Int64
    /// As ``SearchSource/columns(of:)`` gives them.
    let columns: [String]?
  }

  let articles: [Article]
  /// The position of the log up to which an index that holds them has read.
  let reached: Int

  /// Few enough that a process to which the machine leaves little time keeps to its deadline.
  private static let touchLimit = 100
  /// The bytes of text with which a step ends, however few changes it has read.
  private static let textLimit = 1 << 20

  /// Reads on in the log after a position.
  init(_ db: Database, after position: Int, towards end: Int) throws {
    let source = SearchSource(db)
    let (touched, last) = try source.touched(after: Int64(position), limit: Self.touchLimit)
    var articles: [Article] = []
    var byteCount = 0
    for (article, position) in touched {
      guard byteCount < Self.textLimit else {
        (self.articles, reached) = (articles, Int(clamping: position) - 1)
        return
      }
      let columns = try source.columns(of: article)
      byteCount += columns?.reduce(0) { $0 + $1.utf8.count } ?? 0
      articles.append(Article(number: article, columns: columns))
    }
    (self.articles, reached) = (articles, last.map { Int(clamping: $0) } ?? end)
  }
}

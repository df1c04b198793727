import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet list`.
struct ListVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "The archive's articles, newest first.",
    discussion: """
      On a terminal a table; elsewhere tab-separated: id, published, source, headline.

      Example:
        stet list --limit 20
        stet list --deleted
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(help: "How many at most.") var limit: Int?
  @Flag(help: "Those that were deleted, instead.") var deleted = false

  func run() throws {
    let articles = try global.open(.readOnly).articles(limit: limit, deleted: deleted)
    if global.json {
      try JSONOutput.write(articles.map { ListedArticleJSON($0) })
    } else {
      for article in articles { Console.write(ArticleLine.text(article)) }
    }
  }
}

/// An article on one line.
enum ArticleLine {
  static func text(_ article: ArticleRow) -> String {
    let headline = Console.oneLine(article.headline)
    let source = Console.oneLine(article.source)
    let published = Console.oneLine(article.published)
    guard Console.isOutputTerminal else {
      return "\(article.id.bytes.hex)\t\(published)\t\(source)\t\(headline)"
    }
    let day = published.isEmpty ? "          " : String(published.prefix(10))
    let line =
      "\(article.id.bytes.hex.prefix(8))  \(day)  \(Console.fitted(source, columns: 16))  \(headline)"
    return Console.fitted(line, columns: Console.width)
  }
}

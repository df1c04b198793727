import ArgumentParser
import ReplicaStorage

/// `stet search`.
struct SearchVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Articles that contain all the words, best or newest first.",
    discussion: """
      Looks through headlines, bodies, tags and notes. A passage between double quotes stands word \
      for word. After a large import, clone or sync the index is read on in the background: a search \
      then looks through what has been read, and says how much that is.

      Example:
        stet search 'trade deficit'
        stet search '"trade deficit" japan' --limit 5
        stet search ferry --newest --wait
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Words.") var query: [String]
  @Option(help: "How many at most.") var limit = 20
  @Flag(help: "The newest first, and not the best.") var newest = false
  @Flag(help: "Read everything first that the index has not read.") var wait = false

  private struct ResultJSON: Encodable {
    let articles: [ListedArticleJSON]
    let changes: Int
    let changes_indexed: Int

    init(_ result: SearchResult) {
      articles = result.hits.map { ListedArticleJSON($0.article, snippet: $0.snippet) }
      changes = result.position.end
      changes_indexed = result.position.reached
    }
  }

  func run() throws {
    let replica = try global.open()
    let unreadCount = try replica.searchPosition().unreadCount
    if wait || unreadCount <= SearchPosition.smallBacklog {
      try replica.catchUpSearch(showing: "index", isQuiet: global.quiet)
    }
    let result = try replica.search(
      query.joined(separator: " "),
      by: newest ? .newest : .best,
      limit: limit
    )
    try global.index.close(replica)
    try write(result)
    if result.position.unreadCount > 0, !global.quiet {
      Console.note(
        "the index has read \(result.position.reached) of \(result.position.end) changes; "
          + "--wait waits for the rest"
      )
    }
  }

  private func write(_ result: SearchResult) throws {
    if global.json {
      try JSONOutput.write(ResultJSON(result))
      return
    }
    for hit in result.hits {
      Console.write(ArticleLine.text(hit.article))
      if Console.isOutputTerminal { Console.write("    " + Console.oneLine(hit.snippet)) }
    }
  }
}

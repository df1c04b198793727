import ArgumentParser
import ReplicaStorage

/// `stet search`.
struct SearchVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Articles that contain all the words, best first.",
    discussion: """
      Looks through headlines, bodies, tags and notes. A passage between double quotes stands word \
      for word. What was added since the last search is read first.

      Example:
        stet search 'trade deficit'
        stet search '"trade deficit" japan' --limit 5
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Words.") var query: [String]
  @Option(help: "How many at most.") var limit = 20

  func run() throws {
    let progress = ProgressLine("index", unit: "changes", isQuiet: global.quiet)
    let hits = try global.open().search(query.joined(separator: " "), limit: limit) {
      progress.show(Int($0), of: Int($1))
    }
    progress.finish()
    if global.json {
      try JSONOutput.write(hits.map { ListedArticleJSON($0.article, snippet: $0.snippet) })
      return
    }
    for hit in hits {
      Console.write(ArticleLine.text(hit.article))
      if Console.isOutputTerminal { Console.write("    " + Console.oneLine(hit.snippet)) }
    }
  }
}

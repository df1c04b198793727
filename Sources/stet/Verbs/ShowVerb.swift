import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet show`.
struct ShowVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "An article with its notes.",
    discussion: """
      ID is an article's id or the beginning of it (4 digits or more), its source's id, or its \
      address.

      --at TIME shows it with all that had been made by then by the authors' clocks, on whatever       machine; a change that builds on one which by its own author's clock came later is left out.       --at CHANGE shows it as this replica had it right after that change of 'stet log' came to it.

      Example:
        stet show 5f3a
        stet show 5f3a --at 2021-03-04
        stet show 5f3a --at 3fa9c2d1:12
        stet show 258804 --json
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String
  @Option(help: ArgumentHelp(PastSelector.help, valueName: "time|change")) var at: String?

  func run() throws {
    let replica = try global.open(.readOnly)
    let article = try replica.articleID(id)
    let moment = try at.map { text in
      guard let moment = try PastSelector.moment(text, in: replica) else {
        throw VerbFailure(
          .usage,
          "\"\(text)\" is neither a time nor a change: write 2021-03-04T06:10:00Z, 2021-03-04, or a "
            + "change as 'stet log' prints it"
        )
      }
      return moment
    }
    let detail =
      try moment.map { try replica.detail(of: article, at: $0) }
      ?? replica.detail(of: article)
    if global.json {
      try JSONOutput.write(ArticleJSON(detail))
    } else {
      ArticleOutput.write(detail)
    }
  }
}

/// Prints an article for reading.
enum ArticleOutput {
  static func write(_ detail: ArticleDetail) {
    let article = detail.article
    let shown = article.shown
    Console.write(Console.oneLine(shown.headline))
    Console.write("")
    line("id", article.id.bytes.hex)
    line("source", [shown.source, shown.sourceID].filter { !$0.isEmpty }.joined(separator: " "))
    line("published", shown.published)
    line("by", shown.byline)
    line("section", shown.section)
    line("language", shown.language)
    line("address", shown.url)
    line("tags", article.tags.joined(separator: ", "))
    if detail.versions.count > 1 { line("versions", "\(detail.versions.count)") }
    if !article.isLive { line("state", "deleted") }
    for field in article.conflicts {
      line("conflict", "\(field) has several values: see 'stet conflicts'")
    }
    for omission in detail.omissions { line("not shown", omission.sentence) }
    if !shown.body.isEmpty {
      Console.write("")
      Console.write(Console.harmless(shown.body))
    }
    if !detail.annotations.isEmpty { Console.write("") }
    for (number, annotation) in detail.annotations.enumerated() {
      write(annotation, number: number + 1)
    }
  }

  private static func write(_ annotation: AnnotationDetail, number: Int) {
    let thread = annotation.thread
    let indent = String(repeating: "    ", count: min(thread?.depth ?? 0, 8))
    let subject =
      thread?.answersDeleted == true
      ? "(answers a deleted note)"
      : annotation.target.repliesTo != nil
        ? "answers"
        : "on " + (annotation.target.passage.map { "\"\($0.quote.exact)\"" } ?? "the whole article")
    Console.write(
      "\(indent)[\(number)] \(annotation.id.bytes.hex.prefix(8)) "
        + "\(Console.oneLine(annotation.author)), "
        + "\(Instant.iso(milliseconds: annotation.time)), \(Console.oneLine(subject))"
        + (annotation.place.map { $0.state == .exact ? "" : " (\($0.state.rawValue))" } ?? "")
    )
    for omission in annotation.omissions {
      Console.write("\(indent)    not shown: \(omission.sentence)")
    }
    guard !annotation.note.isEmpty else { return }
    let note = Console.harmless(annotation.note)
    Console.write(indent + "    " + note.replacing("\n", with: "\n\(indent)    "))
  }

  private static func line(_ name: String, _ value: String) {
    guard !value.isEmpty else { return }
    let padding = String(repeating: " ", count: max(1, 11 - name.count))
    Console.write(name + padding + Console.oneLine(value))
  }
}

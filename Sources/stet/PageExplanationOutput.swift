import Interchange

/// Prints what an importer makes of each line of a page.
enum PageExplanationOutput {
  private struct LineJSON: Encodable {
    let line: Int
    let became: String
    let text: String
  }

  static func write(_ path: String, options: ImportOptions, json: Bool) throws {
    var file = try ArticleFile(path: path, options: options)
    guard let page = try file.explainedPage() else {
      throw VerbFailure(.usage, "\(path) is JSON Lines: every line becomes an article by its keys")
    }
    if json {
      try JSONOutput.write(
        page.explanation.lines.map {
          LineJSON(line: $0.number, became: $0.fate.description, text: $0.text)
        }
      )
      return
    }
    for line in page.explanation.lines {
      Console.write("\(line.number)\t\(line.fate)\t\(Console.oneLine(line.text))")
    }
    if !page.hasHeadline { Console.complain("\(path): no line became the headline") }
  }
}

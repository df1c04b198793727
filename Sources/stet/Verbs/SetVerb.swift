import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet set`.
struct SetVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Correct fields of an article: FIELD=VALUE.",
    discussion: """
      Fields: headline, byline, section, language, url, published. A correction stays above what \
      the source says, until --withdraw FIELD.

      Example:
        stet set 5f3a headline='Talks possible if threats removed'
        stet set 5f3a --withdraw headline
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String
  @Argument(help: "FIELD=VALUE.") var values: [String] = []
  @Option(help: "A field whose correction to withdraw.") var withdraw: [String] = []

  func run() throws {
    let corrections: [(field: ArticleField, text: String?)] =
      try values.map { text in
        guard let equals = text.firstIndex(of: "=") else {
          throw VerbFailure(.usage, "write FIELD=VALUE instead of \"\(text)\"")
        }
        return (
          field: try Self.field(String(text[..<equals])),
          text: String(text[text.index(after: equals)...])
        )
      } + withdraw.map { (field: try Self.field($0), text: nil) }
    guard !corrections.isEmpty else {
      throw VerbFailure(.usage, "name a field to set: FIELD=VALUE")
    }
    let replica = try global.open()
    let article = try replica.articleID(id)
    let change = try replica.write { try $0.correct(article, corrections) }
    try replica.close()
    if global.json {
      try JSONOutput.write([
        "article": article.bytes.hex, "lane": change.lane.bytes.hex, "seq": "\(change.seq)",
      ])
    } else if !global.quiet {
      Console.note("corrected \(corrections.map { "\($0.field)" }.joined(separator: ", "))")
    }
  }

  private static func field(_ name: String) throws -> ArticleField {
    guard let known = ArticleField.correctable.first(where: { $0.name == name }) else {
      let names = ArticleField.correctable.map(\.name).joined(separator: ", ")
      throw VerbFailure(.usage, "there is no field \"\(name)\": the fields are \(names)")
    }
    return known.field
  }
}

import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet blame`.
struct BlameVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Who wrote which field and paragraph of an article.",
    discussion: """
      Per field, who set the value that is shown; per paragraph, who changed it last, when and why, \
      and how much of its text is whose. What nobody corrected is the source's. What an undo brought \
      back belongs to whoever wrote it first.

      Example:
        stet blame 5f3a
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String

  private struct AuthorshipJSON: Encodable {
    let change: String
    let author: String
    let time: String
    let reason: Nullable<String>

    init(_ authorship: Authorship) {
      change = authorship.change.fullName
      author = authorship.author
      time = Instant.iso(milliseconds: authorship.time)
      reason = Nullable(text: authorship.reason)
    }
  }

  private struct BlameJSON: Encodable {
    struct FieldJSON: Encodable {
      let field: String
      let value: String
      let set_by: Nullable<AuthorshipJSON>
    }

    struct ParagraphJSON: Encodable {
      struct ShareJSON: Encodable {
        let author: Nullable<String>
        let characters: Int
      }

      let text: String
      let changed_by: Nullable<AuthorshipJSON>
      let shares: [ShareJSON]
    }

    let source: String
    let fields: [FieldJSON]
    let paragraphs: [ParagraphJSON]

    init(_ blame: ArticleBlame) {
      source = blame.source
      fields = blame.fields.map {
        FieldJSON(
          field: $0.name,
          value: $0.value,
          set_by: Nullable($0.author.map(AuthorshipJSON.init))
        )
      }
      paragraphs = blame.blocks.map { block in
        ParagraphJSON(
          text: block.text,
          changed_by: Nullable(block.newest.map(AuthorshipJSON.init)),
          shares: block.shares.map {
            ParagraphJSON.ShareJSON(author: Nullable($0.author), characters: $0.scalarCount)
          }
        )
      }
    }
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    let blame = try replica.blame(of: try replica.articleID(id))
    if global.json {
      try JSONOutput.write(BlameJSON(blame))
      return
    }
    for field in blame.fields {
      Console.write("\(field.name)\t\(who(field.author))\t\(Console.oneLine(field.value))")
    }
    for block in blame.blocks {
      Console.write("")
      Console.write(
        [who(block.newest), shares(of: block)].filter { !$0.isEmpty }
          .joined(separator: "\t")
      )
      Console.write(Console.harmless(block.text))
    }
  }

  private func who(_ authorship: Authorship?) -> String {
    guard let authorship else { return "source" }
    let reason = authorship.reason.isEmpty ? "" : " (\(Console.oneLine(authorship.reason)))"
    return "\(Console.oneLine(authorship.author)), \(Instant.iso(milliseconds: authorship.time)), "
      + "\(authorship.change.name)\(reason)"
  }

  /// How much of a block is whose, where it is not all of one.
  private func shares(of block: ArticleBlame.Block) -> String {
    guard block.newest != nil else { return "" }
    let total = max(1, block.shares.reduce(0) { $0 + $1.scalarCount })
    return block.shares.map {
      "\($0.author.map(Console.oneLine) ?? "source") \(100 * $0.scalarCount / total) %"
    }.joined(separator: ", ")
  }
}

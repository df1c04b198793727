import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet diff`.
struct DiffVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What differs between two articles, versions or times.",
    discussion: """
      A and B are each ID, for the article as it is shown; ID@TIME or ID@CHANGE, as it was then (see \
      'stet show --help'); or ID@VERSION, as its source published it, by the beginning of the \
      version's name (6 digits or more). Fields and paragraphs that differ are printed, words as \
      [-old-]{+new+}, in colour on a terminal unless NO_COLOR is set.

      Example:
        stet diff 5f3a@2021-03-04 5f3a
        stet diff 5f3a@1c22ab 5f3a@90ffe1
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "ID, ID@TIME, ID@CHANGE or ID@VERSION.") var old: String
  @Argument(help: "The same.") var new: String

  private struct DifferenceJSON: Encodable {
    struct FieldJSON: Encodable {
      let field: String
      let old: String
      let new: String
    }

    struct PassageJSON: Encodable {
      struct PieceJSON: Encodable {
        /// kept, removed or added.
        let fate: String
        let text: String
      }

      /// Of the new body, from 1.
      let first_block: Int
      let pieces: [PieceJSON]
    }

    let fields: [FieldJSON]
    let passages: [PassageJSON]

    init(_ difference: ArticleDifference) {
      fields = difference.fields.map { FieldJSON(field: $0.name, old: $0.old, new: $0.new) }
      passages = difference.passages.map { passage in
        PassageJSON(
          first_block: passage.firstBlock,
          pieces: passage.pieces.map { PassageJSON.PieceJSON(fate: "\($0.fate)", text: $0.text) }
        )
      }
    }
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    let difference = ArticleDifference(
      from: try side(old, in: replica),
      to: try side(new, in: replica)
    )
    if global.json {
      try JSONOutput.write(DifferenceJSON(difference))
      return
    }
    for field in difference.fields {
      let pieces = WordDifference(from: field.old, to: field.new).pieces
      Console.write("\(field.name)\t" + MarkedWords.text(pieces))
    }
    for passage in difference.passages {
      Console.write("")
      Console.write("paragraph \(passage.firstBlock)")
      Console.write(MarkedWords.text(passage.pieces))
    }
    if difference.isEmpty, !global.quiet { Console.note("no difference") }
  }

  /// What one side of the comparison names.
  private func side(_ text: String, in replica: Replica) throws -> ArticleVersion {
    guard let at = text.lastIndex(of: "@") else { return try shown(text, in: replica) }
    let (id, selector) = (String(text[..<at]), String(text[text.index(after: at)...]))
    if PastSelector.looksLikeVersion(selector) {
      return try version(selector, of: id, in: replica)
    }
    if let moment = try PastSelector.moment(selector, in: replica) {
      return Self.shown(try replica.detail(of: try replica.articleID(id), at: moment))
    }
    // An address or a source's id can hold an "@" of its own.
    if let article = try? replica.articleID(text) {
      return Self.shown(try replica.detail(of: article))
    }
    throw VerbFailure(
      .usage,
      "\"\(selector)\" is no time, change or version: write a time like 2021-03-04T06:10:00Z, a "
        + "change as 'stet log' prints it, or 6 digits or more of a version's name"
    )
  }

  private func shown(_ id: String, in replica: Replica) throws -> ArticleVersion {
    Self.shown(try replica.detail(of: try replica.articleID(id)))
  }

  private static func shown(_ detail: ArticleDetail) -> ArticleVersion {
    Console.complain(of: detail.omissions, in: detail.article.id)
    var shown = detail.article.shown
    shown.tags = detail.article.tags
    return shown
  }

  private func version(
    _ digits: String,
    of id: String,
    in replica: Replica
  ) throws -> ArticleVersion {
    let versions = try replica.detail(of: try replica.articleID(id)).versions
      .filter { $0.name.bytes.hex.hasPrefix(digits.lowercased()) }
    guard let version = versions.first else {
      throw ReplicaFailure.noSuchItem("version \"\(digits)\" of article \(id)")
    }
    guard versions.count == 1 else {
      throw ReplicaFailure.ambiguous("\"\(digits)\"", versions.map(\.name.bytes.hex))
    }
    return version.record
  }
}

/// Words that went and came, marked for a terminal or for a file.
enum MarkedWords {
  private static let isColoured =
    Console.isOutputTerminal
    && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

  static func text(_ pieces: [WordDifference.Piece]) -> String {
    pieces.map { piece in
      let text = Console.harmless(piece.text)
      return switch piece.fate {
      case .kept: text
      case .removed: isColoured ? "\u{1B}[31m\(text)\u{1B}[0m" : "[-\(text)-]"
      case .added: isColoured ? "\u{1B}[32m\(text)\u{1B}[0m" : "{+\(text)+}"
      }
    }.joined()
  }
}

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

    struct ParagraphJSON: Encodable {
      struct SegmentJSON: Encodable {
        let kind: String
        let text: String
      }

      let old: Nullable<Int>
      let new: Nullable<Int>
      let segments: [SegmentJSON]
    }

    let fields: [FieldJSON]
    let paragraphs: [ParagraphJSON]

    init(_ difference: ArticleDifference) {
      fields = difference.fields.map { FieldJSON(field: $0.name, old: $0.old, new: $0.new) }
      paragraphs = difference.paragraphs.map { paragraph in
        ParagraphJSON(
          old: Nullable(paragraph.oldNumber),
          new: Nullable(paragraph.newNumber),
          segments: paragraph.segments.map {
            ParagraphJSON.SegmentJSON(kind: $0.kind.rawValue, text: $0.text)
          }
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
      Console.write(
        "\(field.name)\t" + MarkedWords.text(ArticleDifference.segments(field.old, field.new))
      )
    }
    for paragraph in difference.paragraphs {
      Console.write("")
      Console.write(place(of: paragraph))
      Console.write(MarkedWords.text(paragraph.segments))
    }
    if difference.isEmpty, !global.quiet { Console.note("no difference") }
  }

  private func place(of paragraph: ArticleDifference.Paragraph) -> String {
    switch (paragraph.oldNumber, paragraph.newNumber) {
    case (let old?, let new?) where old != new: "paragraph \(old), now \(new)"
    case (_, let new?) where paragraph.oldNumber == nil: "paragraph \(new), new"
    case (let old?, nil): "paragraph \(old), gone"
    case (_, let new): "paragraph \(new ?? 0)"
    }
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

  static func text(_ segments: [ArticleDifference.Segment]) -> String {
    segments.map { segment in
      let text = Console.harmless(segment.text)
      return switch segment.kind {
      case .same: text
      case .removed: isColoured ? "\u{1B}[31m\(text)\u{1B}[0m" : "[-\(text)-]"
      case .added: isColoured ? "\u{1B}[32m\(text)\u{1B}[0m" : "{+\(text)+}"
      }
    }.joined()
  }
}

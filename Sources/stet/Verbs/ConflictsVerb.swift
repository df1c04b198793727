import ArgumentParser
import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet conflicts`.
struct ConflictsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "What people did without having seen each other, and somebody should look at.",
    discussion: """
      Fields with several values (one is shown, all are kept), things that were written to \
      something deleted, and passages of a text where edits met. The list is the same on every \
      machine. 'stet resolve ITEM' settles one.

      Example:
        stet conflicts
        stet conflicts --article 5f3a --json
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(help: "Only what is about this article.") var article: String?

  func run() throws {
    let replica = try global.open(.readOnly)
    let wanted = try article.map { try replica.articleID($0) }
    let reviews = try replica.openReviews().filter { wanted == nil || $0.article == wanted }
    if global.json {
      try JSONOutput.write(reviews.map(ReviewJSON.init))
      return
    }
    for review in reviews { ReviewOutput.write(review) }
    if reviews.isEmpty, !global.quiet { Console.note("no conflicts") }
  }
}

/// An item of the review list as JSON.
private struct ReviewJSON: Encodable {
  struct ValueJSON: Encodable {
    let value: Nullable<String>
    let author: String
    let time: String
    let shown: Bool
  }

  struct DeedJSON: Encodable {
    let author: String
    let time: String
    let what: String
    let reason: Nullable<String>
  }

  struct SideJSON: Encodable {
    let text: String
    let author: String
    let time: String
  }

  let item: String
  let kind: String
  let id: String
  let article: Nullable<String>
  let headline: String
  var field: String?
  /// Of a conflict.
  var values: [ValueJSON]?
  /// Of a seam: how the passage reads now, and what it was for each side.
  var text: String?
  var sides: [SideJSON]?
  /// The operations that met.
  let edits: [DeedJSON]

  init(_ review: OpenReview) {
    func author(_ dot: Dot) -> String { review.deeds[dot]?.author ?? "" }
    func time(_ dot: Dot) -> String {
      Instant.iso(milliseconds: review.deeds[dot]?.time ?? 0)
    }
    item = review.item.id.bytes.hex
    id = review.object.bytes.hex
    article = Nullable(review.article?.bytes.hex)
    headline = review.headline
    edits = review.item.dots.compactMap { review.deeds[$0] }.map {
      DeedJSON(
        author: $0.author,
        time: Instant.iso(milliseconds: $0.time),
        what: $0.words,
        reason: Nullable(text: $0.reason)
      )
    }
    switch review.item {
    case .conflict(let field, let values):
      kind = "conflict"
      self.field = FieldName.of(field, type: review.object.type)
      self.values = values.enumerated().map { place, value in
        ValueJSON(
          value: Nullable(RegisterValue.text(value.value)),
          author: author(value.dot),
          time: Instant.iso(milliseconds: value.time),
          shown: place == 0
        )
      }
    case .deletion:
      kind = "deletion"
    case .seam(let text, let seam):
      kind = "seam"
      field = FieldName.of(text.field, type: review.object.type)
      self.text = seam.text
      sides = seam.sides.map {
        SideJSON(text: $0.text, author: author($0.edit), time: time($0.edit))
      }
    }
  }
}

/// Prints an item of the review list for reading.
private enum ReviewOutput {
  static func write(_ review: OpenReview) {
    let id = review.item.id.bytes.hex.prefix(8)
    let about = review.headline.isEmpty ? "" : "\t" + Console.oneLine(review.headline)
    let object = review.object.bytes.hex
    switch review.item {
    case .conflict(let field, let values):
      let name = FieldName.of(field, type: review.object.type)
      Console.write("\(id)\tconflict\t\(object)\t\(name)\(about)")
      for (place, value) in values.enumerated() {
        let words =
          FieldName.holdsText(field, type: review.object.type)
          ? RegisterValue.text(value.value).map { "\"\($0)\"" } ?? "withdrawn"
          : review.deeds[value.dot]?.words ?? ""
        let text = Console.oneLine(words)
        line("\(place + 1) \(place == 0 ? "shown" : "other")", text, value.dot, review)
      }
    case .deletion(let deletions, let survivors):
      Console.write("\(id)\tdeletion\t\(object)\t\(about.dropFirst())")
      for deletion in deletions { line("deleted", "", deletion.dot, review) }
      for survivor in survivors {
        line("unseen", Console.oneLine(review.deeds[survivor]?.words ?? ""), survivor, review)
      }
    case .seam(let text, let seam):
      let name = FieldName.of(text.field, type: review.object.type)
      Console.write("\(id)\tseam\t\(object)\t\(name)\(about)")
      line("now", "\"\(Console.oneLine(seam.text))\"", nil, review)
      for side in seam.sides {
        line("side", "\"\(Console.oneLine(side.text))\"", side.edit, review)
      }
    }
  }

  private static func line(_ label: String, _ text: String, _ dot: Dot?, _ review: OpenReview) {
    var parts = ["  " + label]
    if !text.isEmpty { parts.append(text) }
    if let deed = dot.flatMap({ review.deeds[$0] }) {
      parts.append("\(Console.oneLine(deed.author)), \(Instant.iso(milliseconds: deed.time))")
    }
    Console.write(parts.joined(separator: "\t"))
  }
}

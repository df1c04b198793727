import ArgumentParser
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet annotate`.
struct AnnotateVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "annotate",
    abstract: "Highlight a passage, with a note; without --quote, note the whole article.",
    discussion: """
      Example:
        stet annotate 5f3a --quote 'new way of calculation' --note 'compare with June'
        stet annotate 5f3a --note 'checked against the wire'
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String
  @Option(help: "The passage, word for word.") var quote: String?
  @Option(help: "Which one, where the passage is there several times (from 1).") var occurrence:
    Int?
  @Option(help: "What to note.") var note: String?

  func validate() throws {
    guard quote?.isEmpty == false || note?.isEmpty == false else {
      throw ValidationError("say what to annotate with --quote, or what to note with --note")
    }
  }

  func run() throws {
    let replica = try global.open()
    let article = try replica.articleID(id)
    let wish =
      quote.map { AnnotationWish.passage($0, occurrence: occurrence) } ?? .wholeArticle
    let annotation = try replica.write {
      try $0.annotate(
        article,
        wish,
        motivation: note == nil ? "highlighting" : "commenting",
        note: note
      )
    }
    try replica.close()
    if global.json {
      try JSONOutput.write(["id": annotation.bytes.hex, "article": article.bytes.hex])
    } else {
      Console.write(annotation.bytes.hex)
    }
  }
}

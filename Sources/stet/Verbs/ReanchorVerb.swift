import ArgumentParser
import ChangeLog
import ReplicaStorage

/// `stet reanchor`.
struct ReanchorVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reanchor",
    abstract: "Say where an annotation's passage stands now.",
    discussion: """
      The annotation then stands on the article's current version, on every machine.

      Example:
        stet reanchor 77ab --candidate 1
        stet reanchor 77ab --quote 'the new words of it'
        stet reanchor 77ab --accept
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An annotation, or the beginning of its id.") var id: String
  @Option(help: "The candidate of this number in 'stet orphans'.") var candidate: Int?
  @Option(help: "The passage, word for word.") var quote: String?
  @Option(help: "Which one, where the passage is there several times (from 1).") var occurrence:
    Int?
  @Flag(help: "Where it is shown now.") var accept = false
  @Option(help: "Why.") var reason: String?

  func validate() throws {
    guard wishes.count == 1 else {
      throw ValidationError("say where: one of --candidate N, --quote TEXT, --accept")
    }
  }

  private var wishes: [Reanchoring] {
    [
      candidate.map { .candidate($0) },
      quote.map { .passage($0, occurrence: occurrence) },
      accept ? .shownPlace : nil,
    ].compactMap(\.self)
  }

  func run() throws {
    let replica = try global.open()
    let annotation = try replica.annotationID(id)
    try replica.write { writer in
      writer.reason = reason ?? ""
      for wish in wishes { try writer.reanchor(annotation, to: wish) }
    }
    try replica.close()
    if global.json {
      try JSONOutput.write(["id": annotation.bytes.hex])
    } else if !global.quiet {
      Console.note("anchored \(annotation.bytes.hex.prefix(8)) anew")
    }
  }
}

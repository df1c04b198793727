import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet orphans`.
struct OrphansVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orphans",
    abstract: "Annotations whose passage is gone, or is only likely somewhere.",
    discussion: """
      Each with the passage as it was quoted, its old surroundings, and where it may stand, with \
      scores from 0 to 1. 'stet reanchor' says where it stands.

      Example:
        stet orphans
        stet orphans 5f3a --json
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Only those of an article.") var id: String?

  private struct OrphanJSON: Encodable {
    struct CandidateJSON: Encodable {
      let text: String
      let score: Double
    }

    let id: String
    let article: String
    let headline: String
    let state: String
    let quote: Nullable<String>
    let prefix: Nullable<String>
    let suffix: Nullable<String>
    let note: Nullable<String>
    let candidates: [CandidateJSON]

    init(_ orphan: OrphanDetail) {
      let quote = orphan.annotation.target.passage?.quote
      id = orphan.annotation.id.bytes.hex
      article = orphan.article.bytes.hex
      headline = orphan.headline
      state = orphan.annotation.place?.state.rawValue ?? PassageState.orphan.rawValue
      self.quote = Nullable(quote?.exact)
      prefix = Nullable(quote?.prefix)
      suffix = Nullable(quote?.suffix)
      note = Nullable(text: orphan.annotation.note)
      candidates = orphan.candidates.map { CandidateJSON(text: $0.text, score: $0.score) }
    }
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    let orphans = try replica.orphans(of: try id.map { try replica.articleID($0) })
    if global.json {
      try JSONOutput.write(orphans.map(OrphanJSON.init))
      return
    }
    for orphan in orphans {
      let quote = orphan.annotation.target.passage?.quote
      Console.write(
        "\(orphan.annotation.id.bytes.hex)\t\(orphan.annotation.place?.state.rawValue ?? "")\t"
          + "\(orphan.article.bytes.hex)\t\(Console.oneLine(orphan.headline))"
      )
      if let quote {
        Console.write(
          "  was\t" + Console.oneLine("…\(quote.prefix)[\(quote.exact)]\(quote.suffix)…")
        )
      }
      for (place, candidate) in orphan.candidates.enumerated() {
        let score = (candidate.score * 100).rounded() / 100
        Console.write("  \(place + 1)\t\(score)\t" + Console.oneLine(candidate.text))
      }
    }
    if orphans.isEmpty, !global.quiet { Console.note("no orphans") }
  }
}

import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet corrections`.
struct CorrectionsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corrections",
    abstract: "Corrections of a version that its source has revised since.",
    subcommands: [List.self, Reapply.self, Dismiss.self],
    defaultSubcommand: List.self
  )

  /// `stet corrections list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "What was corrected in former versions, and is not in the current one.",
      discussion: """
        Example:
          stet corrections list 5f3a
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "An article.") var id: String

    private struct CorrectionJSON: Encodable {
      let version: String
      let authors: [String]
      let difference: String
      let read_after_reapplying: [String]
    }

    func run() throws {
      let replica = try global.open(.readOnly)
      let corrections = try replica.openCorrections(of: try replica.articleID(id))
      if global.json {
        try JSONOutput.write(
          corrections.map {
            CorrectionJSON(
              version: $0.version.bytes.hex,
              authors: $0.authors,
              difference: $0.difference.changedPassages.map(\.text).joined(separator: "\n\n"),
              read_after_reapplying: $0.passagesToRead
            )
          }
        )
        return
      }
      for correction in corrections {
        Console.write(
          "\(correction.version.bytes.hex.prefix(8))\t"
            + Console.oneLine(correction.authors.joined(separator: ", "))
        )
        for passage in correction.difference.changedPassages {
          Console.write("  " + Console.oneLine(passage.text))
        }
        for passage in correction.passagesToRead {
          Console.write("  the source changed this too\t" + Console.oneLine(passage))
        }
      }
      if corrections.isEmpty, !global.quiet { Console.note("no open corrections") }
    }
  }

  /// `stet corrections reapply`.
  struct Reapply: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reapply",
      abstract: "Make them again on the current version.",
      discussion: """
        What people and the source changed alike counts once. Passages that both changed are named, \
        to be read.

        Example:
          stet corrections reapply 5f3a
          stet corrections reapply 5f3a --version 09ab --reason 'still wrong in the revision'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "An article.") var id: String
    @Option(help: "Only those of this version, by the beginning of its name.") var version: String?
    @Option(help: "Why.") var reason: String?

    func run() throws {
      let replica = try global.open()
      let article = try replica.articleID(id)
      let passages = try replica.write { writer in
        writer.reason = reason ?? ""
        return try writer.reapplyCorrections(of: article, version: version)
      }
      try replica.close()
      if global.json {
        try JSONOutput.write(["read": passages])
        return
      }
      for passage in passages { Console.write("read\t" + Console.oneLine(passage)) }
      if !global.quiet { Console.note("made the corrections again") }
    }
  }

  /// `stet corrections dismiss`.
  struct Dismiss: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dismiss",
      abstract: "Let them be: the revision needs them no more.",
      discussion: """
        Example:
          stet corrections dismiss 5f3a
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "An article.") var id: String
    @Option(help: "Only those of this version, by the beginning of its name.") var version: String?
    @Option(help: "Why.") var reason: String?

    func run() throws {
      let replica = try global.open()
      let article = try replica.articleID(id)
      try replica.write { writer in
        writer.reason = reason ?? ""
        try writer.dismissCorrections(of: article, version: version)
      }
      try replica.close()
      if !global.quiet { Console.note("let the corrections be") }
    }
  }
}

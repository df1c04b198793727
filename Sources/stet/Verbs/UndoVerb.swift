import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet undo`.
struct UndoVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Take back an action: this replica's newest, or any.",
    discussion: """
      An undo is an action of its own: it puts back what the action replaced, also after syncs, and \
      leaves what others did since. What therefore stays is listed (exit 3).

      Without CHANGE, undo again goes further back. CHANGE is any change of an action, anybody's, as \
      'stet log' prints it. Undoing an undo brings back what it took.

      Example:
        stet undo
        stet undo 3fa9c2d1:12 --reason 'wrong article'
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "A change of the action, as 'stet log' prints it.") var change: String?
  @Option(help: "Why.") var reason: String?

  func run() throws {
    let replica = try global.open()
    let named = try change.map(replica.changeID)
    let report = try replica.write { writer in
      writer.reason = reason ?? ""
      return try named.map(writer.undo) ?? writer.undoNewest()
    }
    try replica.close()
    try UndoOutput.write(report, word: "undid", global)
  }
}

/// Prints what an undo did, and what it left.
enum UndoOutput {
  private struct ReportJSON: Encodable {
    struct LeftJSON: Encodable {
      let object: String
      let reason: String
    }

    let undoes: String
    let lane: String
    let seq: UInt64
    let objects: Int
    let left: [LeftJSON]
  }

  static func write(_ report: UndoReport, word: String, _ global: GlobalOptions) throws {
    if global.json {
      try JSONOutput.write(
        ReportJSON(
          undoes: report.undone.fullName,
          lane: report.change.lane.bytes.hex,
          seq: report.change.seq,
          objects: report.objectCount,
          left: report.left.map {
            ReportJSON.LeftJSON(object: $0.object.bytes.hex, reason: $0.remainder.reason)
          }
        )
      )
    } else if !global.quiet {
      let objects = report.objectCount == 1 ? "" : ", on \(report.objectCount) objects"
      Console.note("\(word) \(report.undone.name)\(objects): \(report.change.name)")
      for left in report.left {
        Console.note("left of \(left.object.bytes.hex.prefix(8)): \(left.remainder.reason)")
      }
    }
    if !report.left.isEmpty { throw ExitCode(ExitStatus.partlyDone.rawValue) }
  }
}

extension ChangeID {
  /// With the whole lane, for programs.
  var fullName: String { "\(lane.bytes.hex):\(seq)" }
}

import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet log`.
struct LogVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Who changed what of an article, and when.",
    discussion: """
      Times are by the author's clock; the order is that of this replica's log, in which a change \
      comes after all that it had seen.

      Example:
        stet log 5f3a
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String

  private struct EntryJSON: Encodable {
    let lane: String
    let seq: UInt64
    let object: String
    let author: String
    let time: String
    let operations: [String]
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    let history = try replica.history(of: try replica.articleID(id))
    if global.json {
      try JSONOutput.write(
        history.map {
          EntryJSON(
            lane: $0.change.lane.bytes.hex,
            seq: $0.change.seq,
            object: $0.object.bytes.hex,
            author: $0.author,
            time: Instant.iso(milliseconds: $0.time),
            operations: $0.operations
          )
        }
      )
      return
    }
    for entry in history {
      Console.write(
        "\(entry.change.lane.bytes.hex.prefix(8)):\(entry.change.seq)\t"
          + "\(Instant.iso(milliseconds: entry.time))\t\(Console.oneLine(entry.author))"
      )
      for operation in entry.operations { Console.write("    " + Console.oneLine(operation)) }
    }
  }
}

import ArgumentParser
import ChangeLog
import CRDT
import Foundation
import HubStorageSQLite

/// `stetd repair`.
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract:
      "Make a damaged archive whole again: from what it still has, and from what others have.",
    discussion: """
      The hub must be stopped. The damaged file is only read, and then kept as ARCHIVE.hub.damaged-1. \
      The new one in its place has all changes that can still be read, and those that --from brings \
      again. What is missing then comes from replicas when they sync; what the file had of it is \
      named, and the exit code is 3.

      Example:
        stetd repair dprk-desk --data hub
        stetd repair dprk-desk --data hub --from /mnt/stick/desk.bundle
        stetd repair dprk-desk --data hub --from /home/anna/desk.stet
      """
  )

  @OptionGroup var data: DataOption
  @Argument(help: "An archive.") var name: String
  @Option(help: "A bundle, or another file of the archive: a replica's, or a hub's.")
  var from: String?
  @Flag(help: "Print JSON.") var json = false

  private struct ReportJSON: Encodable {
    struct MissingJSON: Encodable {
      let lane: String
      let first: UInt64
      let last: UInt64
    }

    let salvaged: Int
    let fetched: Int
    let waiting: Int
    let missing: [MissingJSON]
    let damaged_file: String

    init(_ report: HubRepairReport) {
      salvaged = report.salvagedCount
      fetched = report.fetchedCount
      waiting = report.waitingCount
      missing = report.missing.map {
        MissingJSON(
          lane: $0.lane.bytes.hex,
          first: $0.seqs.lowerBound,
          last: $0.seqs.upperBound
        )
      }
      damaged_file = report.keptPath
    }
  }

  func run() throws {
    guard let report = try SQLiteHubStorage(folder: data.folder).repair(name, from: from) else {
      note("ended the repair that was broken off: \(name) is in its place")
      return
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(ReportJSON(report)), as: UTF8.self))
    } else {
      note(
        "\(report.salvagedCount) changes came out of the damaged file, "
          + "\(report.fetchedCount) from elsewhere"
      )
      note("the damaged file is kept: \(report.keptPath)")
      for loss in report.missing {
        note(
          "changes \(loss.seqs.lowerBound)–\(loss.seqs.upperBound) of lane \(loss.lane.bytes.hex) "
            + "come back when a replica syncs that has them"
        )
      }
      if report.waitingCount > 0 {
        note(
          "\(report.waitingCount) changes behind those are not in the archive before then either; "
            + "replicas bring them again, and they stay readable in the damaged file"
        )
      }
    }
    if report.waitingCount > 0 || !report.missing.isEmpty { throw ExitCode(3) }
  }

  private func note(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

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
      "Make a damaged archive whole again from what its file still has; the hub must be stopped.",
    discussion: """
      The damaged file is only read, and then kept as ARCHIVE.hub.damaged-1. What is missing in the \
      new one comes from replicas when they sync; what the file had of it is named, and then the exit \
      code is 3.

      Example:
        stetd repair dprk-desk --data hub
      """
  )

  @OptionGroup var data: DataOption
  @Argument(help: "An archive.") var name: String
  @Flag(help: "Print JSON.") var json = false

  private struct ReportJSON: Encodable {
    struct MissingJSON: Encodable {
      let lane: String
      let first: UInt64
      let last: UInt64
    }

    let salvaged: Int
    let waiting: Int
    let missing: [MissingJSON]
    let damaged_file: String

    init(_ report: HubRepairReport) {
      salvaged = report.salvagedCount
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
    guard let report = try SQLiteHubStorage(folder: data.folder).repair(name) else {
      note("ended the repair that was broken off: \(name) is in its place")
      return
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(ReportJSON(report)), as: UTF8.self))
    } else {
      note("\(report.salvagedCount) changes came out of the damaged file")
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

import ArgumentParser
import Foundation
import HubStorageSQLite
import LogStorage
import ProgressLine

/// `stetd verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Look for damage in archives, without writing to them; the hub may be serving.",
    discussion: """
      Checks the database and every pack with its chain and signatures. Prints a line for each \
      finding, and exits with 7 when there is one.

      Example:
        stetd verify dprk-desk --data hub
      """
  )

  @OptionGroup var data: DataOption
  @Flag(help: "Trust signatures.") var quick = false
  @Flag(help: "No progress.") var quiet = false
  @Flag(help: "Print JSON.") var json = false
  @Argument(help: "Archives; all when none is named.") var names: [String] = []

  func run() throws {
    let storage = try SQLiteHubStorage(folder: data.folder)
    let start = ContinuousClock.now
    var findings: [FindingJSON] = []
    var changeCount: UInt64 = 0
    for name in names.isEmpty ? try storage.archiveNames() : names {
      let progress = ProgressLine("verify \(name)", unit: "changes", isQuiet: quiet)
      let report = try storage.verify(name, quick ? .quick : .full) {
        progress.show(Int(clamping: $0), of: Int(clamping: $1))
      }
      progress.finish()
      if let setAside = report.setAside {
        FileHandle.standardError.write(Data("\(name): \(setAside)\n".utf8))
      }
      changeCount += report.changeCount
      findings += report.damages.map { FindingJSON(archive: name, $0) }
      if !json {
        for damage in report.damages { print("\(name): \(damage)") }
      }
    }
    if json {
      let result = VerificationJSON(
        ok: findings.isEmpty,
        findings: findings,
        changes: changeCount,
        seconds: (ContinuousClock.now - start) / .seconds(1)
      )
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
    guard findings.isEmpty else { throw DamageFound() }
  }
}

/// Archives of the hub are damaged.
struct DamageFound: Error, CustomStringConvertible {
  let description =
    "there is damage: stop the hub and run 'stetd repair' for the archive; replicas bring what is lost"
}

private struct VerificationJSON: Encodable {
  let ok: Bool
  let findings: [FindingJSON]
  let changes: UInt64
  let seconds: Double
}

private struct FindingJSON: Encodable {
  let archive: String
  let part: String
  let place: String
  let problem: String

  init(archive: String, _ damage: Damage) {
    self.archive = archive
    part = damage.part.rawValue
    place = "\(damage.place)"
    problem = damage.problem
  }
}

import ArgumentParser
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncTransport

/// `stet repair`.
struct RepairVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract:
      "Make a damaged archive whole again: from what it still has, and from what others have.",
    discussion: """
      The damaged file is only read, and then kept as ARCHIVE.damaged-1. The new one in its place has \
      all changes that can still be read, and those that --from brings again. Changes that build on \
      some that are missing wait in 'stet held'; what is nowhere any more is named. Exit 3 when there \
      is any of these.

      Without --from nothing is fetched: 'stet sync' brings the rest later.

      Example:
        stet repair --from origin
        stet repair --from backup/desk.stet
        stet repair --from /mnt/stick/desk.bundle
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(
    help: "A remote's name, its address, a bundle, or another file of the archive, as a backup."
  )
  var from: String?

  func run() async throws {
    let path = try archivePath()
    let environment = Machine.environment(lockTimeout: global.lockTimeout)
    if try Repair.finishBrokenOff(at: path, environment: environment) {
      if !global.quiet {
        Console.note("ended the repair that was broken off: \(path) is in its place")
      }
      return
    }
    let repair = try Repair(of: path, environment: environment)
    let report: RepairReport
    do {
      try repair.takeSalvage()
      try await fetch(into: repair)
      try repair.takeSalvage()
      report = try repair.finish()
    } catch {
      repair.abandon()
      throw error
    }
    try write(report)
  }

  /// The archive; also one whose repair was broken off when there was no file of its name.
  private func archivePath() throws -> String {
    do {
      return try ArchiveLocation.path(option: global.archive)
    } catch {
      let suffix = ".stet.repaired"
      let waiting = try FileManager.default.contentsOfDirectory(
        atPath: FileManager.default.currentDirectoryPath
      ).filter { $0.hasSuffix(suffix) }
      guard waiting.count == 1 else { throw error }
      return String(waiting[0].dropLast(".repaired".count))
    }
  }

  // MARK: - What others have

  private func fetch(into repair: Repair) async throws {
    guard let from else { return }
    let remotes = try repair.replica.remotes()
    if let remote = remotes.first(where: { $0.name == from }) {
      try await sync(repair.replica, with: remote)
    } else if PeerAddress.isMeant(by: from) {
      let address = try RemoteAddress.parse(from)
      // An archive without any remote is given this one, so that a later sync finds it.
      if remotes.isEmpty, !address.isCommand {
        try repair.replica.addRemote(named: "origin", address: from)
      }
      let named = try repair.replica.remotes().first { $0.address == from }
      try await sync(repair.replica, with: named ?? Remote(at: from))
    } else if BundleReader.isBundle(from) {
      try repair.fetch(from: BundleReader(from))
    } else if FileManager.default.fileExists(atPath: from) {
      try repair.fetch(from: from)
    } else {
      throw VerbFailure(
        .noSuchItem,
        "there is neither a remote nor a file called \(from): name one of them, or an address "
          + "(stet://HOST:PORT/ARCHIVE) where the damaged file's remotes cannot be read"
      )
    }
  }

  private func sync(_ replica: Replica, with remote: Remote) async throws {
    let report = try await SyncRun(
      replica: replica,
      remote: remote,
      isQuiet: global.quiet,
      isDigestWanted: false
    ).run(verb: "repair")
    guard report.equal else {
      throw VerbFailure(.failed, "the remote holds other changes than it said: try again")
    }
  }

  // MARK: - Saying what came of it

  private struct ReportJSON: Encodable {
    struct LostJSON: Encodable {
      let lane: String
      let first: UInt64
      let last: UInt64
      let own: Bool
    }

    let changes: Int
    let salvaged: Int
    let fetched: Int
    let held: Int
    let lost: [LostJSON]
    let lost_unnamed: Int
    let remotes: Int
    let damaged_file: String
  }

  private func write(_ report: RepairReport) throws {
    if global.json {
      try JSONOutput.write(
        ReportJSON(
          changes: report.changeCount,
          salvaged: report.salvagedCount,
          fetched: report.changeCount - report.salvagedCount,
          held: report.heldCount,
          lost: report.lost.map {
            ReportJSON.LostJSON(
              lane: $0.lane.bytes.hex,
              first: $0.seqs.lowerBound,
              last: $0.seqs.upperBound,
              own: $0.isOwn
            )
          },
          lost_unnamed: report.unnamedLossCount,
          remotes: report.remoteCount,
          damaged_file: report.keptPath
        )
      )
    } else if !global.quiet {
      for line in sentences(of: report) { Console.note(line) }
    }
    if !report.isComplete { throw ExitCode(ExitStatus.partlyDone.rawValue) }
  }

  private func sentences(of report: RepairReport) -> [String] {
    var lines = [
      "\(report.salvagedCount) changes came out of the damaged file, "
        + "\(report.changeCount - report.salvagedCount) from elsewhere",
      "the damaged file is kept: \(report.keptPath)",
    ]
    if report.remoteCount == 0, from == nil {
      lines.append("no remote could be read in it: 'stet remote add' names one")
    }
    if report.heldCount > 0 {
      lines.append(
        "\(report.heldCount) changes wait for some that are missing: see 'stet held'"
          + (from == nil ? "; 'stet sync' may bring what they wait for" : "")
      )
    }
    lines += report.lost.map(sentence)
    if report.unnamedLossCount > 0 {
      lines.append(
        "up to \(report.unnamedLossCount) more changes were on damaged pages, and nothing tells "
          + "whose they were"
      )
    }
    return lines
  }

  private func sentence(_ lost: LostChanges) -> String {
    let (first, last) = (lost.seqs.lowerBound, lost.seqs.upperBound)
    let changes = first == last ? "change \(first)" : "changes \(first)–\(last)"
    let verb = first == last ? "was" : "were"
    let lane =
      lost.isOwn
      ? "this machine's own lane \(lost.lane.bytes.hex)" : "lane \(lost.lane.bytes.hex)"
    let others =
      from == nil
      ? "'stet sync' may bring \(first == last ? "it" : "them")"
      : "\(Console.oneLine(from ?? "")) does not have \(first == last ? "it" : "them")"
    return "\(changes) of \(lane) \(verb) on a damaged page, and \(others)"
  }
}

extension RepairReport {
  fileprivate var heldCount: Int { held.reduce(0) { $0 + $1.changeCount } }
}

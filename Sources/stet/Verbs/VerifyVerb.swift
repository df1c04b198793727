import ArgumentParser
import LogStorage
import ProgressLine
import ReplicaStorage

/// `stet verify`.
struct VerifyVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Look for damage in the archive's file, without writing to it.",
    discussion: """
      Checks the database, every pack with its chain and signatures, and that the current state and \
      the search index are what the log gives. Needs room for a second copy of state and index \
      where temporary files go.

      Prints a line for each finding, and exits with 7 when there is one.

      Example:
        stet verify --quick
      """
  )

  @Flag(help: "Trust signatures and what is derived from the log.") var quick = false
  @OptionGroup var global: GlobalOptions

  func run() throws {
    let path = try ArchiveLocation.path(option: global.archive)
    let progress = ProgressLine("verify", unit: "changes", isQuiet: global.quiet)
    let start = ContinuousClock.now
    let report = try Replica.verify(
      path,
      quick ? .quick : .full,
      lockTimeout: global.lockTimeout
    ) { progress.show(Int(clamping: $0), of: Int(clamping: $1)) }
    progress.finish()
    if let setAside = report.setAside, !global.quiet {
      Console.note("\(setAside); \(GlobalOptions.advice(on: setAside))")
    }
    if global.json {
      try JSONOutput.write(VerificationJSON(report, took: ContinuousClock.now - start))
    } else {
      for damage in report.damages { Console.write(Console.oneLine(damage.description)) }
    }
    if let advice = Self.advice(report.damages) {
      Console.complain(advice)
      throw ExitCode(ExitStatus.damaged.rawValue)
    }
    if !global.quiet { Console.note("no damage in \(report.changeCount) changes") }
  }

  /// What to do; `nil` when there is nothing to do.
  private static func advice(_ damages: [Damage]) -> String? {
    if damages.isEmpty { return nil }
    return damages.allSatisfy(\.part.isDerived)
      ? "the log is whole, what is derived from it is damaged: 'stet rebuild' makes it anew"
      : "the archive's file is damaged: 'stet repair --from REMOTE' makes it whole from another copy"
  }
}

/// What a verification found, as it is printed.
private struct VerificationJSON: Encodable {
  struct FindingJSON: Encodable {
    let part: String
    let place: String
    let problem: String
  }

  let ok: Bool
  let findings: [FindingJSON]
  let changes: UInt64
  let seconds: Double

  init(_ report: VerificationReport, took duration: Duration) {
    ok = report.damages.isEmpty
    findings = report.damages.map {
      FindingJSON(part: $0.part.rawValue, place: "\($0.place)", problem: $0.problem)
    }
    changes = report.changeCount
    seconds = duration / .seconds(1)
  }
}

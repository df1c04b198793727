import ChangeLog
import LogStorage
import ProgressLine
import ReplicaStorage

/// What applying a bundle came to, as it is printed.
struct BundleReport {
  private let head: BundleHead
  private let outcome: BundleOutcome

  /// Applies a bundle.
  ///
  /// - Throws: `BundleFailure`, and what the replica throws.
  init(applying bundle: BundleReader, to replica: Replica, verb: String, isQuiet: Bool) throws {
    head = bundle.head
    let verifying = ProgressLine("verify", unit: "packs", isQuiet: isQuiet)
    let applying = ProgressLine(verb, unit: "packs", isQuiet: isQuiet)
    outcome = try replica.apply(bundle) { phase, done, total in
      switch phase {
      case .verifying: verifying.show(done, of: total)
      case .applying: applying.show(done, of: total)
      }
    }
    for line in [verifying, applying] { line.finish() }
  }

  private struct ReportJSON: Encodable {
    let archive: String
    let changes: UInt64
    let changes_new: Int
    let held_admitted: Int
    let equal: Bool
    let cursor: String
  }

  func write(json: Bool, isQuiet: Bool) throws {
    if json {
      try JSONOutput.write(
        ReportJSON(
          archive: head.genesis.name,
          changes: head.changeCount,
          changes_new: outcome.newChangeCount,
          held_admitted: outcome.admittedHeldCount,
          equal: outcome.isEqual,
          cursor: "\(head.end)"
        )
      )
    } else if !isQuiet {
      Console.note(sentence)
    }
    guard !isQuiet else { return }
    for fork in outcome.forks { Console.note(fork.description) }
  }

  private var sentence: String {
    let count = outcome.newChangeCount
    let applied =
      count == 0
      ? "nothing new in the bundle" : "applied \(count) changes that were not here before"
    return outcome.isEqual ? "\(applied): both sides are equal" : applied
  }
}

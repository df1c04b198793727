internal import ArchiveSimulation
internal import Foundation
internal import Synchronization

/// Seeds to play, and what came of those that were.
final class SeedQueue: Sendable {
  private struct State {
    var seeds: Range<UInt64>
    var summary = Summary()
  }

  private let state: Mutex<State>
  private let end: ContinuousClock.Instant?
  /// Failures after which no more are looked for.
  private static let failureLimit = 5
  /// Seeds after which a line tells how far the run is.
  private static let reportInterval = 1000

  init(_ seeds: Range<UInt64>, until end: ContinuousClock.Instant?) {
    state = Mutex(State(seeds: seeds))
    self.end = end
  }

  /// The next seed; `nil` when enough was played.
  func next() -> UInt64? {
    if let end, ContinuousClock.now > end { return nil }
    return state.withLock { state in
      state.summary.failures.count < Self.failureLimit ? state.seeds.popFirst() : nil
    }
  }

  /// Counts what came of a seed, and says at once what a run that is stopped would else take with it.
  func take(_ report: Simulation.Report) {
    let summary = state.withLock { state in
      state.summary.take(report)
      return state.summary
    }
    if let complaint = report.complaint { say("seed \(report.plan.seed): \(complaint)") }
    if summary.seedCount.isMultiple(of: Self.reportInterval) {
      say(
        "\(summary.seedCount) seeds, \(summary.failures.count) failed, \(summary.eventCount) events"
      )
    }
  }

  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }

  var summary: Summary { state.withLock { $0.summary } }
}

/// What came of many seeds.
struct Summary: Sendable {
  private(set) var seedCount = 0
  private(set) var eventCount = 0
  private(set) var faults: FaultTally = [:]
  private(set) var excusedCount = 0
  private(set) var failures: [Simulation.Report] = []

  mutating func take(_ report: Simulation.Report) {
    seedCount += 1
    eventCount += report.eventCount
    faults.merge(report.faults, uniquingKeysWith: +)
    excusedCount += report.excusedCount
    if report.complaint != nil { failures.append(report) }
  }

  func write(seconds: Double) {
    print("seeds     \(seedCount), \(failures.count) failed")
    print("events    \(eventCount)")
    print("seconds   \(Int(seconds.rounded()))")
    print("events/s  \(Int(Double(eventCount) / max(seconds, 0.001)))")
    print("faults")
    for fault in Fault.allCases {
      print("  \(fault.rawValue)  \(faults[fault] ?? 0)")
    }
    print("changes that only a lost file had  \(excusedCount)")
  }
}

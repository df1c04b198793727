internal import ArchiveSimulation
internal import ArgumentParser
internal import Foundation

/// `Scripts/simulate`.
@main
struct StetSimulator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Play archives on breaking machines, and judge what came of it.",
    discussion: """
      Examples:
        Scripts/simulate --seeds 200000
        Scripts/simulate --seeds 200000 --minutes 60    # whichever comes first
        Scripts/simulate --seed 4711
      """
  )

  /// How many seeds are played unless told.
  private static let usualCount: UInt64 = 1000

  @Option(help: "Replay one seed, and tell what happens in it.") var seed: UInt64?
  @Option(help: "How many seeds to play: 1000, or as many as there is time for with --minutes.")
  var seeds: UInt64?
  @Option(help: "The first of them.") var from: UInt64 = 1
  @Option(help: "Stop after so many minutes.") var minutes: Double?
  @Option(help: "Seeds played at once.") var jobs = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard jobs > 0, seeds != 0, minutes.map({ $0 > 0 }) != false else {
      throw ValidationError("--jobs, --seeds and --minutes must be above 0")
    }
    // A longer time is no `Duration`.
    guard minutes.map({ $0 <= 1e9 }) != false else {
      throw ValidationError("--minutes must not be above 1e9")
    }
    guard from <= .max - (seeds ?? (minutes == nil ? Self.usualCount : 1)) else {
      throw ValidationError("there are not so many seeds after --from")
    }
  }

  func run() throws {
    if let seed {
      try replay(Plan(seed: seed))
    } else {
      try playMany()
    }
  }

  private func replay(_ plan: Plan) throws {
    let report = Simulation.play(plan, isTraced: true)
    for line in report.trace { print(line) }
    guard report.complaint != nil else {
      print("seed \(plan.seed): all is well, \(report.eventCount) events")
      return
    }
    explain(report)
    throw ExitCode.failure
  }

  private func playMany() throws {
    let start = ContinuousClock.now
    let end = minutes.map { start + .seconds($0 * 60) }
    let count = seeds ?? (minutes == nil ? Self.usualCount : .max - from)
    let queue = SeedQueue(from..<from + count, until: end)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while let seed = queue.next() {
        let report = Simulation.play(Plan(seed: seed))
        queue.take(report)
      }
    }
    let summary = queue.summary
    if let failure = summary.failures.min(by: { $0.plan.seed < $1.plan.seed }) { explain(failure) }
    summary.write(seconds: (ContinuousClock.now - start) / .seconds(1))
    if !summary.failures.isEmpty { throw ExitCode.failure }
  }

  /// Prints the smallest course of events found that goes wrong like this one.
  private func explain(_ failure: Simulation.Report) {
    let plan = Simulation.shrink(failure.plan)
    let report = Simulation.play(plan, isTraced: true)
    print("seed \(plan.seed): \(failure.complaint ?? "")")
    print("smallest: \(plan.stepCount - plan.skipped.count) steps, faults:", terminator: " ")
    print(plan.faults.map(\.rawValue).sorted().joined(separator: ", "))
    for line in report.trace.suffix(60) { print("  " + line) }
    print("  → \(report.complaint ?? "no complaint")")
  }
}

import ChangeLog
import Foundation

/// Many writers who each push a note, wait until it is durable at the hub, and push the next.
enum WritersBench {
  static func run(
    in world: BenchWorld,
    writerCount: Int,
    for time: Duration,
    _ report: inout Report
  ) async throws {
    let desk = try BenchDesk(in: world, named: "writers", importing: nil)
    defer { desk.hub.stop() }
    try await run(on: desk, writerCount: writerCount, for: time, &report)
  }

  static func run(
    on desk: BenchDesk,
    writerCount: Int,
    for time: Duration,
    _ report: inout Report
  ) async throws {
    let writers = try await BusyWriters(
      writerCount,
      at: desk.hub,
      stockCount: stockCount(for: time, writerCount),
      pause: .zero,
      seed: 300_001
    )
    let before = desk.hub.processorSeconds
    let done = try await writers.acknowledgements(for: time)
    let processorSeconds = desk.hub.processorSeconds - before
    try await writers.stop()
    guard !done.latencies.isEmpty else { throw BenchFailure("the hub acknowledged nothing") }
    let bench = "\(writerCount) writers"
    report.add(
      "\(bench), durable acknowledgements",
      rate: Double(done.latencies.count) / (time / .seconds(1)),
      floor: try WritersFloor.rate(
        of: done.notes,
        in: desk.hub.log.genesis().archive,
        groupsOf: writerCount,
        at: desk.world.machine("floor")
      ),
      goal: Double(goal),
      unit: "/s"
    )
    report.add("\(bench), 99 of 100 within", seconds: [done.p99], goal: 0.05)
    report.add(
      "\(bench), the hub's processor time each",
      count: processorSeconds / Double(done.latencies.count) * 1e6,
      goal: 200,
      unit: "us"
    )
  }

  /// Durable acknowledgements per second.
  private static let goal = 5000

  /// What each writer needs in a while at the goal's rate.
  private static func stockCount(for time: Duration, _ writerCount: Int) -> Int {
    goal * Int(time.components.seconds) / writerCount
  }
}

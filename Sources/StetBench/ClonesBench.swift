import Foundation

/// Ten replicas that clone at once from one hub, beside one that does so alone.
enum ClonesBench {
  private static let replicaCount = 10

  static func run(in world: BenchWorld, _ report: inout Report) throws {
    let desk = try BenchDesk(in: world, named: "origin", importing: world.input)
    defer { desk.hub.stop() }
    try run(on: desk, &report)
  }

  static func run(on desk: BenchDesk, _ report: inout Report) throws {
    let changeCount = Double(try desk.hub.log.end().cursor.position)
    let alone = changeCount / (try clones(1, on: desk))
    let before = desk.hub.processorSeconds
    let together = changeCount * Double(replicaCount) / (try clones(replicaCount, on: desk))
    let bench = "\(replicaCount) clones at once"
    report.add(
      "\(bench), all together",
      rate: together,
      floor: alone,
      goal: alone,
      unit: "changes/s"
    )
    report.add(
      "\(bench), the hub's processor time each",
      count: (desk.hub.processorSeconds - before) / Double(replicaCount),
      goal: 1,
      unit: "s"
    )
    report.add(
      "\(bench), the hub's peak memory",
      count: Double(desk.hub.peakMemory) / 1e6,
      goal: 100,
      unit: "MB"
    )
  }

  /// Clones on machines that are removed then.
  ///
  /// Returns: from the first one's start to the last one's end, s.
  private static func clones(_ count: Int, on desk: BenchDesk) throws -> Double {
    let machines = try (1...count).map { try desk.world.machine("replica-\($0)") }
    defer { for machine in machines { try? FileManager.default.removeItem(at: machine) } }
    let start = ContinuousClock.now
    let running = try machines.map {
      try desk.world.start("stet", ["clone", "--quiet", desk.hub.url], in: $0)
    }
    for program in running { _ = try program.finished() }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for machine in machines { try desk.expectSameDigest(on: machine) }
    return seconds
  }
}

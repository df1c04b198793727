import ChangeLog
import Foundation

/// First contact between two stores of many lanes that differ in ten.
enum ContactBench {
  /// On each side.
  private static let newLaneCount = 5

  static func run(
    in world: BenchWorld,
    laneCount: Int,
    _ report: inout Report
  ) async throws {
    let desk = try BenchDesk(in: world, named: "contact", importing: nil)
    defer { desk.hub.stop() }
    let lanes = try await LanesBench.run(on: desk, counts: [laneCount], runs: 1, &report)
    try await run(on: desk, lanes, &report)
  }

  /// - `lanes`: some that the archive has, as they ended.
  static func run(on desk: BenchDesk, _ lanes: [NoteLane], _ report: inout Report) async throws {
    guard lanes.count >= 2 * newLaneCount else {
      throw BenchFailure("\(lanes.count) lanes are too few to differ in ten")
    }
    // Another machine carries the archive to another hub; then each hub hears of something else.
    let other = try desk.world.hub(archive: "desk")
    defer { other.stop() }
    let carrier = try desk.clone(named: "carrier")
    try desk.world.run("stet", ["remote", "add", "other", other.url], in: carrier)
    try desk.world.run("stet", ["sync", "other", "--quiet"], in: carrier)
    var lanes = lanes
    for (place, hub) in [desk.hub, other].enumerated() {
      let places = (place * newLaneCount)..<((place + 1) * newLaneCount)
      let notes = try places.map { try lanes[$0].note() }
      try await NoteSender(at: hub, seed: 100_001 + UInt64(place)).send(notes)
    }
    try desk.sync()
    let count = try desk.log.end().frontier.heads.count

    try desk.world.run("stet", ["remote", "add", "other", other.url], in: desk.machine)
    let contact = try desk.sync(with: "other")
    let bench = "first contact, ten of \(count) lanes differ"
    report.add("\(bench), whole process", seconds: [contact.seconds], goal: 0.15)
    let bytes = try contact.number("bytes_sent") + contact.number("bytes_received")
    report.add("\(bench), both ways", count: bytes, limit: 40_000, unit: "bytes")
    let limits = [
      ("round_trips", 3.0, "round trips"), ("sessions", 1, "session"),
      ("changes_sent", Double(newLaneCount), "changes"),
      ("changes_received", Double(newLaneCount), "changes"),
    ]
    for (key, limit, unit) in limits {
      report.add("\(bench), \(key)", count: try contact.number(key), limit: limit, unit: unit)
    }
    try desk.world.run("stet", ["sync", "other", "--quiet"], in: carrier)
    try desk.world.run("stet", ["sync", "origin", "--quiet"], in: carrier)
    try desk.sync()
    try desk.expectSameDigest(on: carrier)
  }
}

import ChangeLog
import Foundation

/// Nothing to do, with ever more machines that have written in the archive.
enum LanesBench {
  static func run(in world: BenchWorld, runs: Int, _ report: inout Report) async throws {
    let desk = try BenchDesk(in: world, named: "lanes", importing: nil)
    defer { desk.hub.stop() }
    _ = try await run(on: desk, counts: [1, 100, 10_000], runs: runs, &report)
  }

  /// Brings machines into an archive until there are so many, and measures with each number.
  ///
  /// - `counts`: ascending.
  /// Returns: the machines' lanes, in the order in which they came.
  static func run(
    on desk: BenchDesk,
    counts: [Int],
    runs: Int,
    _ report: inout Report
  ) async throws -> [NoteLane] {
    var article = try NotedArticle(in: desk.hub.log.genesis().archive, seed: 1)
    var founding = [article.founding]
    var lanes: [NoteLane] = []
    for count in counts {
      let present = try desk.hub.log.end().frontier.heads.count
      if present < count {
        var packs = founding
        founding = []
        for _ in packs.count..<(count - present) {
          var lane = try article.lane()
          packs += try [lane.beginning(), lane.note()]
          lanes.append(lane)
        }
        try await NoteSender(at: desk.hub, seed: UInt64(count)).send(packs)
        try desk.sync()
      }
      let there = try desk.log.end().frontier.heads.count
      guard there == max(count, present) else {
        throw BenchFailure("\(there) replicas have written, not \(count)")
      }
      try NothingToDo.measure(on: desk, "\(there) replicas", runs: runs, &report)
    }
    return lanes
  }
}

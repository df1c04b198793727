import Foundation

/// A replica that syncs while many writers keep its hub busy: the session ends as on a quiet hub.
enum BusyHubBench {
  private static let syncCount = 3
  /// What a session has to bring grows as long as it goes on: so the writers rest as people would, and
  /// leave the machine time for it.
  private static let pause = Duration.seconds(1)

  static func run(in world: BenchWorld, writerCount: Int, _ report: inout Report) async throws {
    let desk = try BenchDesk(in: world, named: "busy", importing: nil)
    defer { desk.hub.stop() }
    try await run(on: desk, writerCount: writerCount, &report)
  }

  static func run(
    on desk: BenchDesk,
    writerCount: Int,
    _ report: inout Report
  ) async throws {
    var article = try NotedArticle(in: desk.hub.log.genesis().archive, seed: 200_001)
    var lane = try article.lane()
    let sender = try NoteSender(at: desk.hub, seed: 200_001)
    try await sender.send([article.founding, lane.beginning()])
    try desk.sync()
    // Both sides have something to send.
    try await sender.send([lane.note()])
    let quiet = try annotatedAndSynced(desk)

    let writers = try await BusyWriters(
      writerCount,
      at: desk.hub,
      pause: pause,
      seed: 200_002
    )
    let bench = "\(writerCount) writers at the hub, a sync"
    let before = writers.acknowledgedCount
    for number in 1...syncCount {
      let busy = try annotatedAndSynced(desk)
      guard try busy.flag("equal") else {
        throw BenchFailure(
          "sync \(number) on a busy hub ended with another frontier than the hub's"
        )
      }
      for (key, unit) in [("round_trips", "round trips"), ("sessions", "session")] {
        report.add(
          "\(bench), \(key)",
          count: try busy.number(key),
          limit: try quiet.number(key),
          unit: unit
        )
      }
      // One at least: a sync may come between two notes.
      let received = max(1, try busy.number("changes_received"))
      report.add("\(bench), per received change", seconds: [busy.seconds / received], goal: 0.001)
    }
    guard writers.acknowledgedCount > before else {
      throw BenchFailure("the writers wrote nothing while the syncs went on")
    }
    try await writers.stop()
    try desk.sync()
    try desk.expectSameDigest(on: desk.clone(named: "witness"))
  }

  private static func annotatedAndSynced(_ desk: BenchDesk) throws -> Finished {
    let listed = try desk.world.run("stet", ["list", "--json", "--limit", "1"], in: desk.machine)
    let articles = try JSONSerialization.jsonObject(with: listed.output) as? [[String: Any]]
    guard let id = articles?.first?["id"] as? String else { throw BenchFailure("no article") }
    try desk.world.run("stet", ["annotate", id, "--note", "by the way"], in: desk.machine)
    return try desk.sync()
  }
}

import Foundation

/// A sync that finds nothing to exchange: its cost is to be the same, whatever the archive.
enum NothingToDo {
  /// - `size`: what there is of in the archive, for the report.
  /// Returns: the bytes of both directions.
  @discardableResult
  static func measure(
    on desk: BenchDesk,
    _ size: String,
    runs: Int,
    _ report: inout Report
  ) throws -> Double {
    // The first digest of an archive is another matter.
    try desk.world.run("stet", ["digest"], in: desk.machine)
    let syncs = try (0..<runs).map { _ in try desk.sync() }
    report.add(
      "nothing to do, \(size), whole process",
      seconds: syncs.map(\.seconds),
      goal: 0.06
    )
    let limits = [
      ("round_trips", 1.0, "round trip"), ("bytes_sent", 250, "bytes"),
      ("bytes_received", 250, "bytes"), ("changes_sent", 0, "changes"),
      ("changes_received", 0, "changes"),
    ]
    for (key, limit, unit) in limits {
      let counts = try syncs.map { try $0.number(key) }
      report.add(
        "nothing to do, \(size), \(key)",
        count: counts.max() ?? 0,
        limit: limit,
        unit: unit
      )
    }
    return try syncs[0].number("bytes_sent") + syncs[0].number("bytes_received")
  }
}

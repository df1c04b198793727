import Foundation

/// What was measured, as lines of a table that are printed at once: a bench may take minutes.
struct Report {
  private(set) var hasBrokenLimit = false

  /// A time beside its floor and goal, s.
  func add(_ bench: String, seconds: [Double], floor: [Double]? = nil, goal: Double) {
    let median = Self.median(seconds)
    var line = "\(Self.padded(bench, 44)) \(Self.milliseconds(median))"
    if let floor {
      let least = Self.median(floor)
      line += "  floor \(Self.milliseconds(least))  ratio \(Self.rounded(median / least))"
    }
    line += "  goal \(Self.milliseconds(goal))\(median <= goal ? "" : "  MISSED")"
    write(line)
  }

  /// A count that must not be exceeded.
  mutating func add(_ bench: String, count: Double, limit: Double, unit: String) {
    let isKept = count <= limit
    hasBrokenLimit = hasBrokenLimit || !isKept
    write(
      "\(Self.padded(bench, 44)) \(Int(count)) \(unit)  limit \(Int(limit))\(isKept ? "" : "  BROKEN")"
    )
  }

  /// A count beside its goal.
  func add(_ bench: String, count: Double, goal: Double, unit: String) {
    write(
      "\(Self.padded(bench, 44)) \(Self.rounded(count)) \(unit)  goal \(Self.rounded(goal))"
        + (count <= goal ? "" : "  MISSED")
    )
  }

  /// A rate that is to reach its goal, beside what the plainest way reaches.
  func add(
    _ bench: String,
    rate: Double,
    floor: Double? = nil,
    goal: Double,
    unit: String
  ) {
    var line = "\(Self.padded(bench, 44)) \(Int(rate)) \(unit)"
    if let floor { line += "  floor \(Int(floor))  ratio \(Self.rounded(rate / floor))" }
    write(line + "  goal \(Int(goal))" + (rate >= goal ? "" : "  MISSED"))
  }

  private func write(_ line: String) {
    print(line)
    fflush(nil)
  }

  private static func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
  }

  private static func milliseconds(_ seconds: Double) -> String {
    "\(Int((seconds * 1000).rounded())) ms"
  }

  private static func rounded(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

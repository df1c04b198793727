import Foundation

/// What was measured, as a table.
struct Report {
  private var lines: [String] = []
  private(set) var hasBrokenLimit = false

  /// A time beside its floor and goal, s.
  mutating func add(_ bench: String, seconds: [Double], floor: [Double]? = nil, goal: Double) {
    let median = Self.median(seconds)
    var line = "\(Self.padded(bench, 44)) \(Self.milliseconds(median))"
    if let floor {
      let least = Self.median(floor)
      line += "  floor \(Self.milliseconds(least))  ratio \(Self.rounded(median / least))"
    }
    line += "  goal \(Self.milliseconds(goal))\(median <= goal ? "" : "  MISSED")"
    lines.append(line)
  }

  /// A count that must not be exceeded.
  mutating func add(_ bench: String, count: Double, limit: Double, unit: String) {
    let isKept = count <= limit
    hasBrokenLimit = hasBrokenLimit || !isKept
    lines.append(
      "\(Self.padded(bench, 44)) \(Int(count)) \(unit)  limit \(Int(limit))\(isKept ? "" : "  BROKEN")"
    )
  }

  /// A count beside its goal.
  mutating func add(_ bench: String, count: Double, goal: Double, unit: String) {
    lines.append(
      "\(Self.padded(bench, 44)) \(Self.rounded(count)) \(unit)  goal \(Self.rounded(goal))"
        + (count <= goal ? "" : "  MISSED")
    )
  }

  /// A rate that is to reach its goal, beside what the plainest way reaches.
  mutating func add(
    _ bench: String,
    rate: Double,
    floor: Double? = nil,
    goal: Double,
    unit: String
  ) {
    var line = "\(Self.padded(bench, 44)) \(Int(rate)) \(unit)"
    if let floor { line += "  floor \(Int(floor))  ratio \(Self.rounded(rate / floor))" }
    lines.append(line + "  goal \(Int(goal))" + (rate >= goal ? "" : "  MISSED"))
  }

  func write() { for line in lines { print(line) } }

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

internal import CRDT

/// Numbers of one lane's changes, as ranges that neither overlap nor touch.
struct SeqRanges {
  /// Ascending.
  private(set) var ranges: [ClosedRange<UInt64>] = []

  init(_ parts: [ClosedRange<UInt64>] = []) {
    for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, part.lowerBound <= last.upperBound.advanced(by: 1) {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, part.upperBound)
      } else {
        ranges.append(part)
      }
    }
  }

  /// What of a range is not among them.
  func missing(from whole: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
    var missing: [ClosedRange<UInt64>] = []
    var next = whole.lowerBound
    for range in ranges where range.upperBound >= next && range.lowerBound <= whole.upperBound {
      if range.lowerBound > next { missing.append(next...(range.lowerBound - 1)) }
      next = range.upperBound.advanced(by: 1)
    }
    if next <= whole.upperBound { missing.append(next...whole.upperBound) }
    return missing
  }

  /// Adds a range that reaches beyond those that are there; one that lies wholly before the last of
  /// them is not kept.
  mutating func extend(by range: ClosedRange<UInt64>) {
    var joined = range
    while let last = ranges.last, last.upperBound.advanced(by: 1) >= joined.lowerBound {
      guard last.lowerBound <= joined.upperBound.advanced(by: 1) else { return }
      joined = min(last.lowerBound, joined.lowerBound)...max(last.upperBound, joined.upperBound)
      ranges.removeLast()
    }
    ranges.append(joined)
  }

  func contains(_ seq: UInt64) -> Bool {
    let place = ranges.partitioningIndex { $0.upperBound >= seq }
    return place < ranges.count && ranges[place].lowerBound <= seq
  }
}

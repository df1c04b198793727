/// Turns round what a walk knows, from which scalars each edit deleted to which edits deleted each item.
///
/// A sweep over the items in the order of their scalars' numbers, with the edits that deleted the
/// present one. What begins and ends is looked up for a few items at a time: as edits keep what they
/// deleted together, all beginnings and ends may be many more than there is memory for.
package struct DeletionSweep {
  /// Beginnings and ends that are looked up at once, but those at one item always are.
  package static let changeLimit = 1 << 21

  private let walk: TextWalk
  private let dots: [Dot]
  /// Those that deleted something, by dot; a *deleter* is a place in this list.
  private let edits: [Int]
  private let items: [Int]
  private let changeLimit: Int
  private var sets = SharedSets()

  /// - `dots`: of the edits of the walk.
  package init(_ walk: TextWalk, _ dots: [Dot], changeLimit: Int = Self.changeLimit) {
    self.walk = walk
    self.changeLimit = changeLimit
    edits = dots.indices.filter(walk.hasDeletions).sorted { dots[$0] < dots[$1] }
    self.dots = edits.map { dots[$0] }
    items = walk.itemsByNumber
  }

  /// By item: the edits that deleted it.
  package mutating func deletions() -> [SharedDots] {
    var deletions = [SharedSets.Number](repeating: 0, count: items.count)
    var rest = items[...]
    var count = rest.count
    while !rest.isEmpty {
      let block = rest.prefix(count)
      guard let changes = changes(in: block) else {
        count = block.count / 2
        continue
      }
      var deleters: [Int] = []
      var set: SharedSets.Number = 0
      for (item, changes) in zip(block, changes) {
        if !changes.isEmpty {
          deleters = deleters.symmetricDifference(changes)
          set = sets.insert(deleters.runs)
        }
        deletions[item] = set
      }
      rest = rest.dropFirst(block.count)
      count = block.count * 2
    }
    let pool = SharedDots.Pool(dots, sets)
    return deletions.map { SharedDots($0, of: pool) }
  }

  /// By item of a block: the deleters that deleted either it or the one before it, ascending; none deleted
  /// the one before the first.
  ///
  /// - Returns: `nil` where that is too much.
  private func changes(in block: ArraySlice<Int>) -> [[Int]]? {
    guard let first = block.first, let last = block.last else { return [] }
    let window = walk.items[first].scalars.lowerBound..<walk.items[last].scalars.upperBound
    let starts = block.map { walk.items[$0].scalars.lowerBound }
    var changes = [[Int]](repeating: [], count: block.count)
    var count = 0
    for (deleter, edit) in edits.enumerated() {
      for range in walk.deleted(by: edit, in: window) {
        changes[starts.partitioningIndex { $0 >= range.lowerBound }].append(deleter)
        let end = starts.partitioningIndex { $0 >= range.upperBound }
        if end < changes.count { changes[end].append(deleter) }
        count += 2
      }
      if count > changeLimit, block.count > 1 { return nil }
    }
    return changes
  }
}

extension [Int] {
  /// The numbers that are in one of two ascending lists and not in the other, ascending.
  fileprivate func symmetricDifference(_ other: [Int]) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(count + other.count)
    var rest = other[...]
    for number in self {
      while let next = rest.first, next < number { result.append(rest.removeFirst()) }
      if rest.first == number { rest.removeFirst() } else { result.append(number) }
    }
    return result + rest
  }

  /// Ascending numbers as ranges, no two side by side.
  fileprivate var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in self { runs.join(number..<(number + 1)) }
    return runs
  }
}

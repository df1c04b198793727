/// Where two sequences of small numbers differ.
///
/// E. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1986, in linear
/// space: a search from both ends finds a point on a shortest path, and both halves are searched
/// likewise. What occurs on one side only is set aside first, which leaves the shortest paths as
/// they are. After `costLimit` steps a search takes the furthest point that it has reached, as GNU
/// diff does: the difference is still right, only not the shortest.
///
/// Time is at most proportional to the lengths times `costLimit`.
struct SequenceDifference {
  private let old: [Int]
  private let new: [Int]
  private let costLimit: Int
  /// By diagonal (place in `old` − place in `new`), moved so that none is negative: how far in `old`
  /// the search from the beginning and that from the end have come.
  private var forward: [Int]
  private var backward: [Int]
  private let shift: Int
  private var isRemoved: [Bool]
  private var isAdded: [Bool]

  private struct Box {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// The changes that make `new` of `old`, ascending, not touching, as far down as they go.
  ///
  /// - `costLimit`: at least 1; how many edits a search looks ahead.
  static func changes(from old: [Int], to new: [Int], costLimit: Int) -> [Change] {
    let prefix = zip(old, new).prefix { $0 == $1 }.count
    let rest = min(old.count, new.count) - prefix
    let suffix = zip(old.reversed(), new.reversed()).prefix(rest).prefix { $0 == $1 }.count
    let oldRest = prefix..<old.count - suffix
    let newRest = prefix..<new.count - suffix
    let oldPlaces = places(oldRest, of: old, that: occurrence(newRest, of: new))
    let newPlaces = places(newRest, of: new, that: occurrence(oldRest, of: old))
    var difference = Self(
      old: oldPlaces.map { old[$0] },
      new: newPlaces.map { new[$0] },
      costLimit: costLimit
    )
    difference.search()
    var keptOld: [Int] = []
    var keptNew: [Int] = []
    for (index, place) in oldPlaces.enumerated() where !difference.isRemoved[index] {
      keptOld.append(place)
    }
    for (index, place) in newPlaces.enumerated() where !difference.isAdded[index] {
      keptNew.append(place)
    }
    return changes(between: keptOld, keptNew, oldRest, newRest).slidingDown(old, new)
  }

  private init(old: [Int], new: [Int], costLimit: Int) {
    self.old = old
    self.new = new
    self.costLimit = max(1, costLimit)
    shift = new.count + 1
    forward = Array(repeating: -1, count: old.count + new.count + 3)
    backward = forward
    isRemoved = Array(repeating: false, count: old.count)
    isAdded = Array(repeating: false, count: new.count)
  }

  /// Which numbers occur in a stretch.
  private static func occurrence(_ range: Range<Int>, of sequence: [Int]) -> [Bool] {
    var occurs = Array(repeating: false, count: (sequence[range].max() ?? -1) + 1)
    for number in sequence[range] { occurs[number] = true }
    return occurs
  }

  private static func places(
    _ range: Range<Int>,
    of sequence: [Int],
    that occur: [Bool]
  ) -> [Int] {
    range.filter { sequence[$0] < occur.count && occur[sequence[$0]] }
  }

  /// The gaps between pairs of places that were kept.
  private static func changes(
    between keptOld: [Int],
    _ keptNew: [Int],
    _ oldRest: Range<Int>,
    _ newRest: Range<Int>
  ) -> [Change] {
    var changes: [Change] = []
    var (oldStart, newStart) = (oldRest.lowerBound, newRest.lowerBound)
    for (oldEnd, newEnd) in zip(
      keptOld + [oldRest.upperBound],
      keptNew + [newRest.upperBound]
    ) {
      if oldStart < oldEnd || newStart < newEnd {
        changes.append(Change(old: oldStart..<oldEnd, new: newStart..<newEnd))
      }
      (oldStart, newStart) = (oldEnd + 1, newEnd + 1)
    }
    return changes
  }

  private mutating func search() {
    var boxes = [Box(old: old.indices, new: new.indices)]
    while let whole = boxes.popLast() {
      let box = trimmed(whole)
      if box.old.isEmpty || box.new.isEmpty {
        change(box)
        continue
      }
      let (oldPlace, newPlace) = split(box)
      let first = Box(
        old: box.old.lowerBound..<oldPlace,
        new: box.new.lowerBound..<newPlace
      )
      let second = Box(
        old: oldPlace..<box.old.upperBound,
        new: newPlace..<box.new.upperBound
      )
      let isStuck = [first, second].contains { $0.old == box.old && $0.new == box.new }
      if isStuck { change(box) } else { boxes += [first, second] }
    }
  }

  private mutating func change(_ box: Box) {
    for place in box.old { isRemoved[place] = true }
    for place in box.new { isAdded[place] = true }
  }

  private func trimmed(_ box: Box) -> Box {
    var (oldStart, oldEnd) = (box.old.lowerBound, box.old.upperBound)
    var (newStart, newEnd) = (box.new.lowerBound, box.new.upperBound)
    while oldStart < oldEnd, newStart < newEnd, old[oldStart] == new[newStart] {
      oldStart += 1
      newStart += 1
    }
    while oldStart < oldEnd, newStart < newEnd, old[oldEnd - 1] == new[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    return Box(old: oldStart..<oldEnd, new: newStart..<newEnd)
  }

  /// The diagonals that one of the two searches has reached, every other one.
  private struct Reach {
    var low: Int
    var high: Int

    /// One step wider, or one narrower at an end of the box.
    ///
    /// - `outside`: what stands beside the reach, worse than anything inside.
    mutating func widen(
      within limits: ClosedRange<Int>,
      _ furthest: inout [Int],
      outside: Int,
      shift: Int
    ) {
      if low > limits.lowerBound {
        low -= 1
        furthest[low - 1 + shift] = outside
      } else {
        low += 1
      }
      if high < limits.upperBound {
        high += 1
        furthest[high + 1 + shift] = outside
      } else {
        high -= 1
      }
    }
  }

  /// A point on a shortest path through a box that neither begins nor ends with a match, or on a
  /// good one where the shortest is too far.
  private mutating func split(_ box: Box) -> (old: Int, new: Int) {
    let limits = box.old.lowerBound - box.new.upperBound...box.old.upperBound - box.new.lowerBound
    let start = box.old.lowerBound - box.new.lowerBound
    let end = box.old.upperBound - box.new.upperBound
    let meetsForward = !(start - end).isMultiple(of: 2)
    var ahead = Reach(low: start, high: start)
    var behind = Reach(low: end, high: end)
    forward[start + shift] = box.old.lowerBound
    backward[end + shift] = box.old.upperBound
    for _ in 0..<costLimit {
      ahead.widen(within: limits, &forward, outside: -1, shift: shift)
      for diagonal in stride(from: ahead.high, through: ahead.low, by: -2) {
        let place = advance(diagonal, in: box)
        if meetsForward, behind.low <= diagonal, diagonal <= behind.high,
          backward[diagonal + shift] <= place
        {
          return (place, place - diagonal)
        }
      }
      behind.widen(within: limits, &backward, outside: .max, shift: shift)
      for diagonal in stride(from: behind.high, through: behind.low, by: -2) {
        let place = retreat(diagonal, in: box)
        if !meetsForward, ahead.low <= diagonal, diagonal <= ahead.high,
          place <= forward[diagonal + shift]
        {
          return (place, place - diagonal)
        }
      }
    }
    return furthest(ahead, behind, in: box)
  }

  private mutating func advance(_ diagonal: Int, in box: Box) -> Int {
    let index = diagonal + shift
    let fromLeft = forward[index - 1]
    let fromRight = forward[index + 1]
    var place = fromLeft >= fromRight ? fromLeft + 1 : fromRight
    let end = min(box.old.upperBound, box.new.upperBound + diagonal)
    while place < end, old[place] == new[place - diagonal] { place += 1 }
    forward[index] = place
    return place
  }

  private mutating func retreat(_ diagonal: Int, in box: Box) -> Int {
    let index = diagonal + shift
    let fromLeft = backward[index - 1]
    let fromRight = backward[index + 1]
    var place = fromLeft < fromRight ? fromLeft : fromRight - 1
    let start = max(box.old.lowerBound, box.new.lowerBound + diagonal)
    while place > start, old[place - 1] == new[place - 1 - diagonal] { place -= 1 }
    backward[index] = place
    return place
  }

  /// The point that is furthest from its own end of the box, of all that the searches reached.
  private func furthest(_ ahead: Reach, _ behind: Reach, in box: Box) -> (old: Int, new: Int) {
    let (oldStart, newStart) = (box.old.lowerBound, box.new.lowerBound)
    let (oldEnd, newEnd) = (box.old.upperBound, box.new.upperBound)
    var best = (old: oldStart, new: newStart)
    var progress = -1
    for diagonal in stride(from: ahead.low, through: ahead.high, by: 2) {
      let place = min(forward[diagonal + shift], oldEnd, newEnd + diagonal)
      let gone = 2 * place - diagonal - oldStart - newStart
      if gone > progress { (best, progress) = ((place, place - diagonal), gone) }
    }
    for diagonal in stride(from: behind.low, through: behind.high, by: 2) {
      let place = max(backward[diagonal + shift], oldStart, newStart + diagonal)
      let gone = oldEnd + newEnd - 2 * place + diagonal
      if gone > progress { (best, progress) = ((place, place - diagonal), gone) }
    }
    return best
  }
}

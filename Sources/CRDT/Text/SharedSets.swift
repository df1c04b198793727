/// Sets of numbers that have in common what they have in common.
///
/// Made for many sets that each take many numbers and differ by little: what edits that had not seen
/// each other deleted of one text, for example. A set is a binary tree over the numbers, in which a
/// region without numbers, or with all of them, has nothing below it, and a node with only one child
/// is not there. So a set has one tree and no other; and each tree stands there once, whoever has it
/// as a part:
///
///     node      [ start of its region | level ]  [ a word of 64 bits, one a number     level 0
///                                                | all ones: the whole region
///                                                | left node, right node ]              level 1…
///
///     level k covers 64 · 2ᵏ numbers
///
/// A set that differs from one that is there in a few places costs O(log) nodes for each. One that
/// differs from all others everywhere costs 2 nodes for each 64 numbers, and no more than O(log) for
/// each of its ranges.
///
/// Deliberately missing: taking sets out again, and changing one.
package struct SharedSets: Sendable {
  /// Names a set, equal exactly when the sets are; 0: the empty one.
  package typealias Number = UInt32

  private struct Node: Hashable, Sendable {
    /// The first number of the region; the level in the six bits that are always zero there.
    let place: Int
    let content: UInt64

    init(start: Int, level: Int, content: UInt64) {
      place = start | level
      self.content = content
    }

    var level: Int { place & 63 }
    var start: Int { place & ~63 }
    var end: Int { start + 64 << level }
    var isFull: Bool { content == .max }
    var left: Number { Number(content >> 32) }
    var right: Number { Number(truncatingIfNeeded: content) }
  }

  private var nodes: ContiguousArray<Node> = []
  /// The number of each node, at the first free place from its hash on; as many places as a power of two.
  private var table: ContiguousArray<Number> = []

  package init() {}

  /// What all sets together take.
  package var nodeCount: Int { nodes.count }

  mutating func removeAll() {
    nodes.removeAll(keepingCapacity: true)
    table.removeAll()
  }

  // MARK: - Making

  /// The set of the numbers in some ranges.
  ///
  /// - `ranges`: ascending, none of them empty, no two side by side; from 0 on.
  package mutating func insert(_ ranges: [Range<Int>]) -> Number {
    var level = 0
    while let last = ranges.last, 64 << level < last.upperBound { level += 1 }
    return insert(ranges[...], start: 0, level: level)
  }

  /// - `ranges`: those that have numbers in the region.
  private mutating func insert(_ ranges: ArraySlice<Range<Int>>, start: Int, level: Int) -> Number {
    guard let first = ranges.first else { return 0 }
    let end = start + 64 << level
    if first.lowerBound <= start, first.upperBound >= end {
      return number(of: Node(start: start, level: level, content: .max))
    }
    if level == 0 {
      var word: UInt64 = 0
      for range in ranges {
        let part = range.clamped(to: start..<end)
        word |= (.max >> UInt64(64 - part.count)) << UInt64(part.lowerBound - start)
      }
      return number(of: Node(start: start, level: 0, content: word))
    }
    let middle = start + 32 << level
    let left = ranges[..<ranges.partitioningIndex { $0.lowerBound >= middle }]
    let right = ranges[ranges.partitioningIndex { $0.upperBound > middle }...]
    let below = (
      insert(left, start: start, level: level - 1), insert(right, start: middle, level: level - 1)
    )
    if below.0 == 0 { return below.1 }
    if below.1 == 0 { return below.0 }
    let content = UInt64(below.0) << 32 | UInt64(below.1)
    return number(of: Node(start: start, level: level, content: content))
  }

  private mutating func number(of node: Node) -> Number {
    if nodes.count >= table.count / 2 { growTable() }
    let place = tablePlace(of: node)
    if table[place] == 0 {
      nodes.append(node)
      table[place] = Number(nodes.count)
    }
    return table[place]
  }

  /// Where the node's number is, or would be.
  private func tablePlace(of node: Node) -> Int {
    // Seeded anew in each process: who chooses the numbers must not choose where they collide.
    var place = node.hashValue & (table.count - 1)
    while table[place] != 0, nodes[Int(table[place]) - 1] != node {
      place = (place + 1) & (table.count - 1)
    }
    return place
  }

  private mutating func growTable() {
    table = ContiguousArray(repeating: 0, count: max(16, table.count * 2))
    for (place, node) in nodes.enumerated() { table[tablePlace(of: node)] = Number(place + 1) }
  }

  // MARK: - Reading

  /// The numbers of a set that lie in a window, as ranges: ascending, no two side by side.
  package func ranges(of set: Number, in window: Range<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    if set != 0 { collect(nodes[Int(set) - 1], window, into: &ranges) }
    return ranges
  }

  private func collect(_ node: Node, _ window: Range<Int>, into ranges: inout [Range<Int>]) {
    guard node.start < window.upperBound, node.end > window.lowerBound else { return }
    if node.isFull {
      ranges.join((node.start..<node.end).clamped(to: window))
    } else if node.level > 0 {
      collect(nodes[Int(node.left) - 1], window, into: &ranges)
      collect(nodes[Int(node.right) - 1], window, into: &ranges)
    } else {
      var rest = node.content
      while rest != 0 {
        let start = rest.trailingZeroBitCount
        let count = (~(rest >> UInt64(start))).trailingZeroBitCount
        rest &= ~((.max >> UInt64(64 - count)) << UInt64(start))
        let range = ((node.start + start)..<(node.start + start + count)).clamped(to: window)
        if !range.isEmpty { ranges.join(range) }
      }
    }
  }
}

extension [Range<Int>] {
  /// Puts in a range that begins where the last one ends, or behind it.
  package mutating func join(_ range: Range<Int>) {
    if let last, last.upperBound == range.lowerBound {
      self[count - 1] = last.lowerBound..<range.upperBound
    } else {
      append(range)
    }
  }
}

/// A sequence of numbered items, each with a weight: finds an item by the sum of the weights before
/// it, and the sum before an item.
///
/// A B+ tree that only grows: items are put in and never taken out, so that nodes split and never
/// join. All operations are O(log n), but for ``next(after:)``, which is O(1) on average. Leaves are
/// all at one depth, which is what ``precedes(_:_:)`` rests on.
///
///     root        [ node, weight ] [ node, weight ] …
///     …
///     leaf        [ item, weight ] [ item, weight ] …        up to `capacity` entries in each
package struct SumTree<Weight: AdditiveArithmetic> {
  private static var capacity: Int { 16 }
  private static var none: Int32 { -1 }

  /// Entries of all nodes, `capacity` places for each: an item in a leaf, a node above.
  private var children: ContiguousArray<Int32> = []
  private var weights: ContiguousArray<Weight> = []
  // By node.
  private var counts: ContiguousArray<Int> = []
  private var parents: ContiguousArray<Int32> = []
  private var leafFlags: ContiguousArray<Bool> = []
  /// The leaf of each item.
  private var leaves: ContiguousArray<Int32> = []
  private var root: Int32 = 0
  /// The sum of all weights.
  package private(set) var total: Weight = .zero

  package init() { root = makeNode(isLeaf: true) }

  /// Takes everything out, and keeps the memory.
  package mutating func removeAll() {
    children.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    parents.removeAll(keepingCapacity: true)
    leafFlags.removeAll(keepingCapacity: true)
    leaves.removeAll(keepingCapacity: true)
    total = .zero
    root = makeNode(isLeaf: true)
  }

  /// Items that were put in; the next one's number.
  package var count: Int { leaves.count }

  // MARK: - Growing

  /// Puts in the item whose number is ``count``, right after another one, or first.
  package mutating func insert(_ weight: Weight, after previous: Int?) {
    let item = Int32(leaves.count)
    leaves.append(Self.none)
    var node: Int32
    var slot: Int
    if let previous {
      node = leaves[previous]
      slot = self.slot(of: Int32(previous), in: node) + 1
    } else {
      node = root
      while !leafFlags[Int(node)] { node = children[Int(node) * Self.capacity] }
      slot = 0
    }
    node = place(item, weight, in: node, at: slot)
    total += weight
    climb(from: node, adding: weight)
  }

  /// Changes an item's weight.
  package mutating func add(_ delta: Weight, to item: Int) {
    let leaf = leaves[item]
    weights[Int(leaf) * Self.capacity + slot(of: Int32(item), in: leaf)] += delta
    total += delta
    climb(from: leaf, adding: delta)
  }

  private mutating func climb(from node: Int32, adding delta: Weight) {
    var node = node
    while parents[Int(node)] != Self.none {
      let parent = parents[Int(node)]
      weights[Int(parent) * Self.capacity + slot(of: node, in: parent)] += delta
      node = parent
    }
  }

  /// Puts an entry into a node, which splits when it is full.
  ///
  /// The sums above stay without the entry's weight.
  /// - Returns: the node that holds the entry now.
  private mutating func place(
    _ child: Int32,
    _ weight: Weight,
    in node: Int32,
    at slot: Int
  ) -> Int32 {
    var (node, slot) = (node, slot)
    if counts[Int(node)] == Self.capacity {
      let sibling = split(node)
      if slot > Self.capacity / 2 {
        node = sibling
        slot -= Self.capacity / 2
      }
    }
    let first = Int(node) * Self.capacity
    var place = first + counts[Int(node)]
    while place > first + slot {
      children[place] = children[place - 1]
      weights[place] = weights[place - 1]
      place -= 1
    }
    children[place] = child
    weights[place] = weight
    counts[Int(node)] += 1
    adopt(child, by: node)
    return node
  }

  /// Moves the second half of a full node into a new one right after it.
  private mutating func split(_ node: Int32) -> Int32 {
    let half = Self.capacity / 2
    let sibling = makeNode(isLeaf: leafFlags[Int(node)])
    var moved = Weight.zero
    var kept = Weight.zero
    for offset in 0..<half {
      kept += weights[Int(node) * Self.capacity + offset]
      let source = Int(node) * Self.capacity + half + offset
      let target = Int(sibling) * Self.capacity + offset
      children[target] = children[source]
      weights[target] = weights[source]
      moved += weights[source]
      adopt(children[source], by: sibling)
    }
    counts[Int(node)] = half
    counts[Int(sibling)] = half
    if node == root {
      root = makeNode(isLeaf: false)
      _ = place(node, kept, in: root, at: 0)
      _ = place(sibling, moved, in: root, at: 1)
    } else {
      // The parent may split too, and then the two stand below different nodes.
      climb(from: node, adding: .zero - moved)
      let parent = parents[Int(node)]
      let holder = place(sibling, moved, in: parent, at: slot(of: node, in: parent) + 1)
      climb(from: holder, adding: moved)
    }
    return sibling
  }

  private mutating func adopt(_ child: Int32, by node: Int32) {
    if leafFlags[Int(node)] {
      leaves[Int(child)] = node
    } else {
      parents[Int(child)] = node
    }
  }

  private mutating func makeNode(isLeaf: Bool) -> Int32 {
    let node = Int32(counts.count)
    for _ in 0..<Self.capacity {
      children.append(Self.none)
      weights.append(.zero)
    }
    counts.append(0)
    parents.append(Self.none)
    leafFlags.append(isLeaf)
    return node
  }

  @inline(__always)
  private func slot(of child: Int32, in node: Int32) -> Int {
    let first = Int(node) * Self.capacity
    var place = first
    while children[place] != child { place += 1 }
    return place - first
  }

  // MARK: - Finding

  /// The item that holds the unit number `position` of a measure, from 0, and which of its units it
  /// is.
  ///
  /// - `position`: less than the measure of ``total``.
  @inline(__always)
  package func find(_ position: Int, by measure: (Weight) -> Int) -> (item: Int, offset: Int) {
    var node = root
    var rest = position
    while true {
      var place = Int(node) * Self.capacity
      while true {
        let size = measure(weights[place])
        if rest < size { break }
        rest -= size
        place += 1
      }
      if leafFlags[Int(node)] { return (Int(children[place]), rest) }
      node = children[place]
    }
  }

  /// The sum of the weights before an item.
  package func sum(before item: Int) -> Weight {
    var sum = Weight.zero
    var child = Int32(item)
    var node = leaves[item]
    while node != Self.none {
      var place = Int(node) * Self.capacity
      while children[place] != child {
        sum += weights[place]
        place += 1
      }
      child = node
      node = parents[Int(node)]
    }
    return sum
  }

  /// Whether one item stands before another.
  package func precedes(_ left: Int, _ right: Int) -> Bool {
    guard left != right else { return false }
    var (leftChild, rightChild) = (Int32(left), Int32(right))
    var (leftNode, rightNode) = (leaves[left], leaves[right])
    while leftNode != rightNode {
      (leftChild, rightChild) = (leftNode, rightNode)
      (leftNode, rightNode) = (parents[Int(leftNode)], parents[Int(rightNode)])
    }
    return slot(of: leftChild, in: leftNode) < slot(of: rightChild, in: rightNode)
  }

  /// The first item; `nil` when there is none.
  package var first: Int? {
    leaves.isEmpty ? nil : leftmost(below: root)
  }

  /// The item right after another one; `nil` after the last.
  package func next(after item: Int) -> Int? {
    var child = Int32(item)
    var node = leaves[item]
    while node != Self.none {
      let slot = slot(of: child, in: node) + 1
      if slot < counts[Int(node)] {
        let next = children[Int(node) * Self.capacity + slot]
        return leafFlags[Int(node)] ? Int(next) : leftmost(below: next)
      }
      child = node
      node = parents[Int(node)]
    }
    return nil
  }

  private func leftmost(below node: Int32) -> Int {
    var node = node
    while !leafFlags[Int(node)] { node = children[Int(node) * Self.capacity] }
    return Int(children[Int(node) * Self.capacity])
  }
}

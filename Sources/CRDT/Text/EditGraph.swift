/// Which edits each of a list of edits had seen: what a walk through a history needs to know of it.
///
/// Edits go by their place in the list, which is in a causal order: parents have smaller numbers. All
/// questions are about a *part* of the list, from some edit on; what comes before it counts as seen by all.
package struct EditGraph {
  private var parentLists = NumberLists()
  private var childLists = NumberLists()
  // Scratch of `difference`, kept because asking is frequent and answers are short.
  /// By edit: from which side it was reached.
  private var marks: ContiguousArray<UInt8>
  private var queue = DescendingQueue()
  private var touched: ContiguousArray<Int> = []

  /// - `parents`: for each edit; empty for one that has seen nothing of the list.
  package init(parents: some Sequence<some Sequence<Int>>) {
    var childCounts: ContiguousArray<Int> = []
    for list in parents {
      parentLists.append(list)
      childCounts.append(0)
    }
    for edit in childCounts.indices {
      for parent in parentLists[edit] { childCounts[parent] += 1 }
    }
    childLists = NumberLists(counts: childCounts)
    for edit in childCounts.indices {
      for parent in parentLists[edit] { childLists.add(edit, to: parent) }
    }
    marks = ContiguousArray(repeating: 0, count: childCounts.count)
  }

  package var count: Int { marks.count }

  package func parents(of edit: Int) -> ArraySlice<Int> { parentLists[edit] }

  /// Finds the edits that one of two versions has and the other has not.
  ///
  /// Looks at no more than what differs and what was made meanwhile. Versions are given by their
  /// heads.
  /// - `start`: where the part begins.
  /// - `onlyLeft`, `onlyRight`: called with each such edit, children before their parents.
  package mutating func difference(
    _ left: some Sequence<Int>,
    _ right: some Sequence<Int>,
    from start: Int = 0,
    onlyLeft: (Int) -> Void,
    onlyRight: (Int) -> Void
  ) {
    // Entries of the queue that were reached from one side only.
    var oneSided = 0
    for edit in left where edit >= start { reach(edit, from: 1, &oneSided) }
    for edit in right where edit >= start { reach(edit, from: 2, &oneSided) }
    while oneSided > 0, let edit = queue.pop() {
      let mark = marks[edit]
      switch mark {
      case 1: onlyLeft(edit)
      case 2: onlyRight(edit)
      default: break
      }
      if mark != 3 { oneSided -= 1 }
      for parent in parentLists[edit] where parent >= start { reach(parent, from: mark, &oneSided) }
    }
    queue.removeAll()
    for edit in touched { marks[edit] = 0 }
    touched.removeAll(keepingCapacity: true)
  }

  private mutating func reach(_ edit: Int, from side: UInt8, _ oneSided: inout Int) {
    let before = marks[edit]
    let after = before | side
    guard after != before else { return }
    marks[edit] = after
    if before == 0 {
      queue.push(edit)
      touched.append(edit)
      if after != 3 { oneSided += 1 }
    } else if after == 3 {
      oneSided -= 1
    }
  }

  /// Whether an edit had been seen by the author of another one.
  package mutating func isAncestor(_ edit: Int, of other: Int) -> Bool {
    var isSeen = edit < other
    difference([edit], [other], onlyLeft: { _ in isSeen = false }, onlyRight: { _ in })
    return isSeen
  }

  /// Some edits in a causal order that stays on a branch as long as it can: every change of branch
  /// costs what the branches differ by.
  ///
  /// - `range`: edits whose parents outside of the range were visited before.
  package func order(of range: Range<Int>) -> [Int] {
    var missing = range.map { edit in parentLists[edit].count { range.contains($0) } }
    var ready = range.filter { missing[$0 - range.lowerBound] == 0 }.reversed() as [Int]
    var order: [Int] = []
    order.reserveCapacity(range.count)
    while let edit = ready.popLast() {
      order.append(edit)
      for child in childLists[edit].reversed() where range.contains(child) {
        missing[child - range.lowerBound] -= 1
        if missing[child - range.lowerBound] == 0 { ready.append(child) }
      }
    }
    return order
  }

  /// Where the list can be cut: edits that have seen all before them and were seen by all after them.
  package var criticalEdits: [Int] {
    // The smallest parent of any later edit; −1 stands for the start.
    var earliest = ContiguousArray(repeating: Int.max, count: count)
    var least = Int.max
    for edit in (0..<count).reversed() {
      earliest[edit] = least
      least = min(least, parentLists[edit].min() ?? -1)
    }
    var result: [Int] = []
    var isHead = ContiguousArray(repeating: false, count: count)
    var headCount = 0
    for edit in 0..<count {
      for parent in parentLists[edit] where isHead[parent] {
        isHead[parent] = false
        headCount -= 1
      }
      isHead[edit] = true
      headCount += 1
      if headCount == 1, earliest[edit] >= edit { result.append(edit) }
    }
    return result
  }
}

/// Lists of numbers, one after another in one array.
private struct NumberLists {
  private var numbers: [Int] = []
  /// Where each list begins, and where the next one would.
  private var starts: ContiguousArray<Int> = [0]
  /// How much of each list is filled, where they were made by their counts.
  private var filled: ContiguousArray<Int> = []

  init() {}

  /// Empty lists with room for so many numbers each.
  init(counts: ContiguousArray<Int>) {
    starts.reserveCapacity(counts.count + 1)
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    numbers = Array(repeating: 0, count: starts[starts.count - 1])
    filled = ContiguousArray(repeating: 0, count: counts.count)
  }

  mutating func append(_ list: some Sequence<Int>) {
    numbers.append(contentsOf: list)
    starts.append(numbers.count)
  }

  mutating func add(_ number: Int, to list: Int) {
    numbers[starts[list] + filled[list]] = number
    filled[list] += 1
  }

  subscript(list: Int) -> ArraySlice<Int> { numbers[starts[list]..<starts[list + 1]] }
}

/// Numbers, the greatest first: a binary heap.
private struct DescendingQueue {
  private var heap: ContiguousArray<Int> = []

  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  mutating func push(_ number: Int) {
    heap.append(number)
    var place = heap.count - 1
    while place > 0, heap[(place - 1) / 2] < heap[place] {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> Int? {
    guard let last = heap.popLast() else { return nil }
    guard let greatest = heap.first else { return last }
    heap[0] = last
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child] < heap[child + 1] { child += 1 }
      guard heap[place] < heap[child] else { break }
      heap.swapAt(place, child)
      place = child
    }
    return greatest
  }
}

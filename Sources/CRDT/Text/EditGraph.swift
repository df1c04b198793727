/// Which edits each of a list of edits had seen: what a walk through a history needs to know of it.
///
/// Edits go by their place in the list, which is in a causal order: parents have smaller numbers.
struct EditGraph {
  private let parentLists: [[Int]]
  private var childLists: [[Int]]
  /// Scratch of ``difference(_:_:)``: by edit, from which side it was reached.
  private var marks: [UInt8]

  /// - `parents`: for each edit; empty for one that begins at the start of the walk.
  init(parents: [[Int]]) {
    parentLists = parents
    childLists = Array(repeating: [], count: parents.count)
    marks = Array(repeating: 0, count: parents.count)
    for (edit, parents) in parents.enumerated() {
      for parent in parents { childLists[parent].append(edit) }
    }
  }

  func parents(of edit: Int) -> [Int] { parentLists[edit] }

  /// The edits that one of two versions has and the other has not.
  ///
  /// Looks at no more than what differs and what was made meanwhile. Versions are given by their
  /// heads.
  /// - Returns: both lists descending, so that children come before their parents.
  mutating func difference(_ left: [Int], _ right: [Int]) -> (onlyLeft: [Int], onlyRight: [Int]) {
    if left == right { return ([], []) }
    var heap = DescendingQueue()
    var touched: [Int] = []
    // Entries of the queue that were reached from one side only.
    var oneSided = 0
    func reach(_ edit: Int, from side: UInt8) {
      let before = marks[edit]
      let after = before | side
      guard after != before else { return }
      marks[edit] = after
      if before == 0 {
        heap.push(edit)
        touched.append(edit)
        if after != 3 { oneSided += 1 }
      } else if after == 3 {
        oneSided -= 1
      }
    }
    for edit in left { reach(edit, from: 1) }
    for edit in right { reach(edit, from: 2) }
    var only: (left: [Int], right: [Int]) = ([], [])
    while oneSided > 0, let edit = heap.pop() {
      let mark = marks[edit]
      switch mark {
      case 1: only.left.append(edit)
      case 2: only.right.append(edit)
      default: break
      }
      if mark != 3 { oneSided -= 1 }
      for parent in parentLists[edit] { reach(parent, from: mark) }
    }
    for edit in touched { marks[edit] = 0 }
    return (only.left, only.right)
  }

  /// Whether an edit had been seen by the author of another one.
  mutating func isAncestor(_ edit: Int, of other: Int) -> Bool {
    edit < other && difference([edit], [other]).onlyLeft.isEmpty
  }

  /// Some edits in a causal order that stays on a branch as long as it can: every change of branch
  /// costs what the branches differ by.
  ///
  /// - `range`: edits whose parents outside of the range were visited before.
  func order(of range: Range<Int>) -> [Int] {
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
  var criticalEdits: [Int] {
    // The smallest parent of any later edit; −1 stands for the start.
    var earliest = Array(repeating: Int.max, count: parentLists.count)
    var least = Int.max
    for edit in parentLists.indices.reversed() {
      earliest[edit] = least
      least = min(least, parentLists[edit].min() ?? -1)
    }
    var result: [Int] = []
    var heads: Set<Int> = []
    for edit in parentLists.indices {
      for parent in parentLists[edit] { heads.remove(parent) }
      heads.insert(edit)
      if heads.count == 1, earliest[edit] >= edit { result.append(edit) }
    }
    return result
  }
}

/// Numbers, the greatest first: a binary heap.
private struct DescendingQueue {
  private var heap: [Int] = []

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

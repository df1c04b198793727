/// The rules of the text merge: edits made on branches, carried over to one text.
///
/// Normative, in words: `Protocol/merge.md`, *Replay*. The algorithm is Eg-walker (Gentle & Kleppmann,
/// "Collaborative Text Editing with Eg-walker", EuroSys 2025); the order of concurrent insertions is
/// that of Fugue (Weidner & Kleppmann, "The Art of the Fugue", 2023), so that runs do not interleave;
/// not of FugueMax: right siblings go by dot, whatever stands to their right.
///
/// A walk visits edits in a causal order and keeps an *item* for every run of scalars that was ever
/// in the text. Each item has two states:
///
/// - *prepared*: what it is in the version that the edit being visited was made on: 0 not yet
///   inserted, 1 there, 1 + n deleted by n edits. Going from one version to another *retreats* from the edits
///   that only the first has and *advances* over those that only the second has.
/// - *final*: deleted or not, after all edits visited so far.
///
/// The hunks of an edit count in the prepared version; what they do to the final one is a
/// ``TextWalk/Effect``. With `t(h)` for the text after a history `h`:
///
///     t(h · a · b) = t(h · b · a)        for a, b that have not seen each other
///     t(h · e)     = e carried out on t(h)     for an e that has seen all of h
///     t(h)         = effects of a walk over h, carried out in the order of the walk, on the base
///
/// For example "ab" with "1" inserted between the two by lane 1 and "2" by lane 2, neither of which had
/// seen the other, becomes "a12b" whichever comes first: the second one's insertion is moved past the first's.
///
/// A walk may begin at any version that all its edits have seen. Of the text there it knows only the
/// length: it is one item until an edit cuts it.
///
/// Deliberately missing: what scalars are (a walk moves numbers), joining items again, and dropping
/// items half-way (``TextMerge`` begins a new walk instead).
package struct TextWalk {
  /// What a hunk does to the final text, at a position in scalars.
  package enum Effect {
    case insert(String, at: Int)
    case delete(count: Int, at: Int)
  }

  /// A run of scalars that one edit inserted in a row and that fared alike.
  ///
  /// Scalars are numbered: those of the base first, then each edit's in the order of the walk. Within
  /// an item the left origin of each scalar but the first is the scalar before it, and its right origin none.
  package struct Item {
    package var scalars: Range<Int>
    /// `none`: the base.
    let edit: Int
    /// Origins of the first scalar, by number, in Fugue's sense; `none`: an end of the text.
    let left: Int
    let right: Int
    var prepared: Int
    var isDeleted: Bool
  }

  struct Count: AdditiveArithmetic {
    /// Scalars that are there in the prepared version, and in the final one.
    var prepared: Int
    var final: Int
    /// Items that the prepared version has, deleted ones too.
    var known: Int

    static var zero: Count { Count(prepared: 0, final: 0, known: 0) }

    static func + (left: Count, right: Count) -> Count {
      Count(
        prepared: left.prepared &+ right.prepared,
        final: left.final &+ right.final,
        known: left.known &+ right.known
      )
    }

    static func - (left: Count, right: Count) -> Count {
      Count(
        prepared: left.prepared &- right.prepared,
        final: left.final &- right.final,
        known: left.known &- right.known
      )
    }
  }

  /// What an edit deleted.
  private enum Deleted {
    /// Places in `deletedRanges`.
    case ranges(Range<Int>)
    /// One of `deletedSets`.
    case set(SharedSets.Number)
  }

  /// How many ranges of deleted scalars an edit keeps to itself, for each of its hunks.
  ///
  /// So these are no more than a multiple of what the edits take. One hunk can delete a text that is in any
  /// number of pieces, though, and any number of edits can do so; what they delete is shared.
  static let ownRangeCount = 4

  static let none = -1
  /// A length for a base whose length nobody knows yet: more than any edit can reach.
  static let unknownLength = 1 << 48

  private(set) var graph: EditGraph
  private let dots: [Dot]
  package private(set) var items: ContiguousArray<Item> = []
  /// The items in the order of the text.
  private var order = SumTree<Count>()
  /// The items in the order of their scalars' numbers.
  private var index = SumTree<Int>()
  private var lastInIndex: Int?
  private var nextScalar = 0
  /// The numbers of the scalars that each edit inserted.
  private(set) var inserted: ContiguousArray<Range<Int>>
  /// The numbers of the scalars that edits deleted, and by edit, which of them are its own.
  private var deletedRanges: ContiguousArray<Range<Int>> = []
  private var deletedSets = SharedSets()
  private var deletions: ContiguousArray<Deleted>
  /// The first edit of the part of the list that is walked.
  private var start = 0
  /// The heads of the prepared version.
  private var version: ContiguousArray<Int> = []
  // Scratch of `visit` and `prepare`.
  private var deleting: [Range<Int>] = []
  private var retreated: ContiguousArray<Int> = []
  private var advanced: ContiguousArray<Int> = []

  /// - `dots`: of the edits that the graph holds.
  package init(graph: EditGraph, dots: [Dot]) {
    self.graph = graph
    self.dots = dots
    inserted = ContiguousArray(repeating: 0..<0, count: dots.count)
    deletions = ContiguousArray(repeating: .ranges(0..<0), count: dots.count)
  }

  /// Begins a walk over a part of the list, from an edit on; what comes before was seen by all.
  ///
  /// - `baseCount`: scalars of the text that the walk begins with.
  package mutating func begin(at start: Int, baseCount: Int) {
    self.start = start
    items.removeAll(keepingCapacity: true)
    order.removeAll()
    index.removeAll()
    deletedRanges.removeAll(keepingCapacity: true)
    deletedSets.removeAll()
    version.removeAll(keepingCapacity: true)
    lastInIndex = nil
    nextScalar = baseCount
    guard baseCount > 0 else { return }
    _ = append(
      Item(
        scalars: 0..<baseCount,
        edit: Self.none,
        left: Self.none,
        right: Self.none,
        prepared: 1,
        isDeleted: false
      ),
      after: nil
    )
  }

  /// Scalars of the final text.
  var finalCount: Int { order.total.final }

  /// Scalars of the text that an edit was made on.
  mutating func count(before edit: Int) -> Int {
    prepare(for: edit)
    return order.total.prepared
  }

  /// Whether an edit deleted anything.
  func hasDeletions(_ edit: Int) -> Bool {
    switch deletions[edit] {
    case .ranges(let places): !places.isEmpty
    case .set: true
    }
  }

  /// The numbers of the scalars in a window that an edit deleted, ascending.
  package func deleted(by edit: Int, in window: Range<Int>) -> [Range<Int>] {
    switch deletions[edit] {
    case .set(let set): return deletedSets.ranges(of: set, in: window)
    case .ranges(let places):
      let own = deletedRanges[places]
      let first = own.partitioningIndex { $0.upperBound > window.lowerBound }
      return own[first...].prefix { $0.lowerBound < window.upperBound }
        .map { $0.clamped(to: window) }
    }
  }

  /// What is kept of all deletions: ranges, and nodes of sets.
  package var deletionCount: Int { deletedRanges.count + deletedSets.nodeCount }

  // MARK: - Visiting

  /// Carries out an edit that fits the text of its parents.
  ///
  /// - `effect`: told what each step does to the final text.
  package mutating func visit(_ edit: Int, _ hunks: [Hunk], effect: (Effect) -> Void) {
    prepare(for: edit)
    let first = nextScalar
    for hunk in hunks {
      var previous = item(before: hunk.position)
      let count = hunk.insert.scalarCount
      if count > 0 {
        let item = insert(count, of: edit, after: previous)
        effect(.insert(hunk.insert, at: order.sum(before: item).final))
        previous = item
      }
      if hunk.deleteCount > 0 {
        delete(hunk.deleteCount, after: previous, effect: effect)
      }
    }
    inserted[edit] = first..<nextScalar
    keepDeleted(by: edit, hunkCount: hunks.count)
    version.removeAll(keepingCapacity: true)
    version.append(edit)
  }

  /// The item that ends with the scalar before a position of the prepared version; `nil` for 0.
  private mutating func item(before position: Int) -> Int? {
    guard position > 0 else { return nil }
    let (item, offset) = order.find(position - 1, by: \.prepared)
    if offset + 1 < items[item].scalars.count { split(item, at: offset + 1) }
    return item
  }

  private mutating func delete(
    _ count: Int,
    after previous: Int?,
    effect: (Effect) -> Void
  ) {
    var rest = count
    var cursor = item(after: previous)
    while rest > 0, let item = cursor {
      if items[item].prepared == 1 {
        if items[item].scalars.count > rest { split(item, at: rest) }
        let scalars = items[item].scalars
        rest -= scalars.count
        if items[item].isDeleted {
          order.add(Count(prepared: -scalars.count, final: 0, known: 0), to: item)
        } else {
          effect(.delete(count: scalars.count, at: order.sum(before: item).final))
          order.add(
            Count(prepared: -scalars.count, final: -scalars.count, known: 0),
            to: item
          )
        }
        items[item].prepared = 2
        items[item].isDeleted = true
        deleting.join(scalars)
      }
      cursor = order.next(after: item)
    }
  }

  private mutating func keepDeleted(by edit: Int, hunkCount: Int) {
    if deleting.count > 1 {
      deleting.sort { $0.lowerBound < $1.lowerBound }
      var joined: [Range<Int>] = []
      for range in deleting { joined.join(range) }
      deleting = joined
    }
    if deleting.count <= Self.ownRangeCount * hunkCount {
      let first = deletedRanges.count
      deletedRanges.append(contentsOf: deleting)
      deletions[edit] = .ranges(first..<deletedRanges.count)
    } else {
      deletions[edit] = .set(deletedSets.insert(deleting))
    }
    deleting.removeAll(keepingCapacity: true)
  }

  private func item(after previous: Int?) -> Int? {
    if let previous { order.next(after: previous) } else { order.first }
  }

  // MARK: - Inserting

  /// Puts in a run after the item that its author had before it.
  private mutating func insert(_ count: Int, of edit: Int, after previous: Int?) -> Int {
    let left = previous.map { items[$0].scalars.upperBound - 1 } ?? Self.none
    let right = rightOrigin(after: previous, left: left)
    let place = placeAmongConcurrent(of: edit, after: previous, left: left, right: right)
    let item = append(
      Item(
        scalars: nextScalar..<(nextScalar + count),
        edit: edit,
        left: left,
        right: right,
        prepared: 1,
        isDeleted: false
      ),
      after: place
    )
    nextScalar += count
    return item
  }

  /// The next scalar that the author had, deleted ones included, if it descends from the left one.
  private func rightOrigin(after previous: Int?, left: Int) -> Int {
    guard var next = item(after: previous) else { return Self.none }
    if items[next].prepared == 0 {
      // There may be any number that the author did not have.
      let before = order.sum(before: next).known
      guard before < order.total.known else { return Self.none }
      next = order.find(before, by: \.known).item
    }
    return items[next].left == left ? items[next].scalars.lowerBound : Self.none
  }

  /// The item after which a new run goes, among those at its place that its author did not have.
  ///
  /// - Returns: `nil` for the beginning of the text.
  private func placeAmongConcurrent(
    of edit: Int,
    after previous: Int?,
    left: Int,
    right: Int
  ) -> Int? {
    var place = previous
    var isScanning = false
    var cursor = item(after: previous)
    while let other = cursor, items[other].prepared == 0 {
      let item = items[other]
      if item.left == left {
        if item.right == right, dots[edit] < dots[item.edit] { break }
        isScanning = precedes(item.right, right)
      } else if left != Self.none, item.left == Self.none || precedes(item.left, left) {
        break
      }
      if !isScanning { place = other }
      cursor = order.next(after: other)
    }
    return place
  }

  /// Whether one scalar stands before another; no scalar stands behind all.
  private func precedes(_ left: Int, _ right: Int) -> Bool {
    if left == right || left == Self.none { return false }
    if right == Self.none { return true }
    let (leftItem, leftOffset) = index.find(left) { $0 }
    let (rightItem, rightOffset) = index.find(right) { $0 }
    return leftItem == rightItem ? leftOffset < rightOffset : order.precedes(leftItem, rightItem)
  }

  // MARK: - Versions

  /// Makes the version that an edit was made on the prepared one.
  private mutating func prepare(for edit: Int) {
    let heads = graph.parents(of: edit)
    if version.elementsEqual(heads.lazy.filter { [start] in $0 >= start }) { return }
    retreated.removeAll(keepingCapacity: true)
    advanced.removeAll(keepingCapacity: true)
    graph.difference(
      version,
      heads,
      from: start,
      onlyLeft: { retreated.append($0) },
      onlyRight: { advanced.append($0) }
    )
    for edit in retreated { shift(edit, by: -1) }
    for edit in advanced.reversed() { shift(edit, by: 1) }
    version.removeAll(keepingCapacity: true)
    version.append(contentsOf: heads.lazy.filter { [start] in $0 >= start })
  }

  private mutating func shift(_ edit: Int, by step: Int) {
    shift(inserted[edit], by: step)
    switch deletions[edit] {
    case .ranges(let places):
      for place in places { shift(deletedRanges[place], by: step) }
    case .set(let set):
      for range in deletedSets.ranges(of: set, in: 0..<nextScalar) { shift(range, by: step) }
    }
  }

  private mutating func shift(_ scalars: Range<Int>, by step: Int) {
    guard var item = scalars.first.map({ index.find($0, by: { $0 }).item }) else { return }
    while true {
      let before = weight(of: items[item])
      let wasThere = items[item].prepared == 1
      items[item].prepared += step
      if wasThere || items[item].prepared == 1 {
        order.add(weight(of: items[item]) - before, to: item)
      }
      guard items[item].scalars.upperBound < scalars.upperBound,
        let next = index.next(after: item)
      else { return }
      item = next
    }
  }

  // MARK: - Items

  /// Adds an item with the next numbers, or the second half of one that is split.
  private mutating func append(_ item: Item, after previous: Int?) -> Int {
    let number = items.count
    items.append(item)
    order.insert(weight(of: item), after: previous)
    index.insert(item.scalars.count, after: lastInIndex)
    lastInIndex = number
    return number
  }

  private func weight(of item: Item) -> Count {
    let count = item.scalars.count
    return Count(
      prepared: item.prepared == 1 ? count : 0,
      final: item.isDeleted ? 0 : count,
      known: item.prepared == 0 ? 0 : 1
    )
  }

  private mutating func split(_ item: Int, at offset: Int) {
    let whole = items[item]
    let middle = whole.scalars.lowerBound + offset
    let half = Item(
      scalars: middle..<whole.scalars.upperBound,
      edit: whole.edit,
      left: middle - 1,
      right: Self.none,
      prepared: whole.prepared,
      isDeleted: whole.isDeleted
    )
    items[item].scalars = whole.scalars.lowerBound..<middle
    order.add(weight(of: items[item]) - weight(of: whole), to: item)
    index.add(offset - whole.scalars.count, to: item)
    let number = items.count
    items.append(half)
    order.insert(weight(of: half), after: item)
    index.insert(half.scalars.count, after: item)
    if lastInIndex == item { lastInIndex = number }
  }

  // MARK: - Looking

  /// Those of some edits that the author of an edit had not seen.
  mutating func unseen(by edit: Int, among others: Set<Int>) -> Set<Int> {
    guard !others.isEmpty else { return [] }
    var unseen = others.filter { $0 >= edit }
    graph.difference(
      others,
      [edit],
      onlyLeft: { if others.contains($0) { unseen.insert($0) } },
      onlyRight: { _ in }
    )
    return unseen
  }

  /// The items in the order of the text.
  var itemsInOrder: [Int] {
    var result: [Int] = []
    result.reserveCapacity(items.count)
    var cursor = order.first
    while let item = cursor {
      result.append(item)
      cursor = order.next(after: item)
    }
    return result
  }

  /// The items in the order of their scalars' numbers.
  var itemsByNumber: [Int] {
    items.indices.sorted { items[$0].scalars.lowerBound < items[$1].scalars.lowerBound }
  }
}

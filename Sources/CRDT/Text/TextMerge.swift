/// Takes edits into a text.
///
/// An edit that has seen all others is carried out as it stands, at the cost of an edit in a
/// ``GapBuffer``. Where edits have not seen each other, a ``TextWalk`` over what was made since the
/// last version that all of them share says what each does to the text; then it is dropped.
struct TextMerge {
  /// Stored edits that are read at once, back from the newest.
  private static let readCount = 256

  private var buffer: GapBuffer
  private(set) var heads: [Dot]
  /// Whether an edit that took effect had not seen all that were there before it.
  private(set) var isBranched = false

  init(content: String, heads: [Dot]) {
    buffer = GapBuffer(content)
    self.heads = heads
  }

  var content: String { buffer.text }

  /// See ``TextState/merge(_:onto:)``.
  mutating func take<Stored: StoredTextEdits>(
    _ edits: [TextEdit],
    onto stored: Stored
  ) throws(Stored.Failure) -> [TextEdit] {
    var taken: [TextEdit] = []
    var rest = edits[...]
    while let edit = rest.first, edit.parents == heads {
      rest.removeFirst()
      guard edit.fits(count: buffer.count) else { continue }
      carryOut(edit)
      taken.append(edit)
    }
    guard !rest.isEmpty else { return taken }
    let shared = try sharedVersion(of: rest, taken, stored)
    let segments = Segments(known: shared.edits, arriving: Array(rest), after: shared.edit)
    var took = Set<Int>()
    for segment in segments.ranges { take(segment, of: segments, &took) }
    taken += segments.edits.indices.lazy.filter(took.contains).map { segments.edits[$0] }
    return taken
  }

  private mutating func carryOut(_ edit: TextEdit) {
    for hunk in edit.hunks { buffer.replace(hunk.position, hunk.deleteCount, with: hunk.insert) }
    advance(over: edit)
  }

  private mutating func advance(over edit: TextEdit) {
    if edit.parents != heads { isBranched = true }
    heads.removeAll(where: edit.parents.contains)
    heads.insert(edit.dot, at: heads.firstIndex { edit.dot < $0 } ?? heads.endIndex)
  }

  // MARK: - The last shared version

  /// The newest known edit that has seen all before it, and was seen by all known ones after it and by
  /// all arriving ones (`nil`: there is none but the base), and the known edits after it.
  private func sharedVersion<Stored: StoredTextEdits>(
    of arriving: ArraySlice<TextEdit>,
    _ taken: [TextEdit],
    _ stored: Stored
  ) throws(Stored.Failure) -> (edit: Dot?, edits: [TextEdit]) {
    let own = Set(arriving.map(\.dot))
    // Edits that are named and were not met yet on the way back.
    var open = Set(heads)
    var reachesBase = heads.isEmpty
    for edit in arriving {
      if edit.parents.isEmpty { reachesBase = true }
      open.formUnion(edit.parents.lazy.filter { !own.contains($0) })
    }
    var met: [TextEdit] = []
    var unread = stored.count
    var block = taken[...]
    while true {
      while let edit = block.popLast() {
        if !reachesBase, open.count == 1, open.contains(edit.dot) {
          return (edit.dot, met.reversed())
        }
        open.remove(edit.dot)
        open.formUnion(edit.parents)
        if edit.parents.isEmpty { reachesBase = true }
        met.append(edit)
      }
      guard unread > 0 else { return (nil, met.reversed()) }
      let places = max(0, unread - Self.readCount)..<unread
      block = try stored.edits(places)[...]
      unread = places.lowerBound
    }
  }

  // MARK: - Walking

  /// Takes in the arriving edits of one segment.
  private mutating func take(_ segment: Range<Int>, of segments: Segments, _ took: inout Set<Int>) {
    let arriving = max(segment.lowerBound, segments.knownCount)..<segment.upperBound
    let first = segments.edits[segment.lowerBound]
    if arriving == segment, segment.count == 1, first.parents == heads {
      guard first.fits(count: buffer.count) else { return }
      carryOut(first)
      took.insert(segment.lowerBound)
      return
    }
    let known = 0..<(arriving.lowerBound - segment.lowerBound)
    let own = known.upperBound..<segment.count
    let unknownLength = TextWalk.unknownLength
    var walk = TextWalk(
      graph: EditGraph(parents: segment.map { segments.parents(of: $0, in: segment) }),
      dots: segment.map { segments.edits[$0].dot },
      baseCount: known.isEmpty ? buffer.count : unknownLength
    )
    for place in walk.graph.order(of: known) {
      walk.visit(place, segments.edits[segment.lowerBound + place].hunks) { _ in }
    }
    // What the text has now, less what the walk thinks it has, is what the walk's base is too long by.
    let excess = walk.finalCount - buffer.count
    for place in walk.graph.order(of: own) {
      let number = segment.lowerBound + place
      let edit = segments.edits[number]
      guard segments.parentsTookEffect(number, took),
        edit.fits(count: walk.count(before: place) - excess)
      else { continue }
      visit(edit, at: place, &walk)
      took.insert(number)
    }
    for number in arriving where took.contains(number) { advance(over: segments.edits[number]) }
  }

  private mutating func visit(_ edit: TextEdit, at place: Int, _ walk: inout TextWalk) {
    walk.visit(place, edit.hunks) { effect in
      switch effect {
      case .insert(let text, let position): buffer.replace(position, 0, with: text)
      case .delete(let count, let position): buffer.replace(position, count, with: "")
      }
    }
  }
}

/// Edits since a version that all of them have seen, cut where all that follow have seen all before:
/// each segment is walked by itself.
private struct Segments {
  /// Those that are in the text already, then those that arrive.
  let edits: [TextEdit]
  let knownCount: Int
  private(set) var ranges: [Range<Int>] = []
  private var parentLists: [[Int]] = []
  private var strangers: Set<Int> = []

  /// - `start`: the edit that all have seen; `nil`: the base.
  init(known: [TextEdit], arriving: [TextEdit], after start: Dot?) {
    edits = known + arriving
    knownCount = known.count
    var numbers: [Dot: Int] = [:]
    numbers.reserveCapacity(edits.count)
    for (number, edit) in edits.enumerated() {
      var parents: [Int] = []
      for parent in edit.parents {
        if let place = numbers[parent] {
          if !parents.contains(place) { parents.append(place) }
        } else if parent != start {
          strangers.insert(number)
        }
      }
      parentLists.append(parents)
      numbers[edit.dot] = number
    }
    var begin = 0
    for cut in EditGraph(parents: parentLists).criticalEdits where cut >= knownCount {
      ranges.append(begin..<(cut + 1))
      begin = cut + 1
    }
    if begin < edits.count { ranges.append(begin..<edits.count) }
  }

  /// Whether all that an edit names are edits of this text.
  ///
  /// - `took`: the arriving ones that took effect.
  func parentsTookEffect(_ number: Int, _ took: Set<Int>) -> Bool {
    !strangers.contains(number)
      && parentLists[number].allSatisfy { $0 < knownCount || took.contains($0) }
  }

  /// The parents of an edit by their places in its segment; none for what the segment begins after.
  func parents(of number: Int, in segment: Range<Int>) -> [Int] {
    parentLists[number].filter(segment.contains).map { $0 - segment.lowerBound }
  }
}

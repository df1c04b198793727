/// Takes edits into a text.
///
/// An edit that has seen all others is carried out as it stands, at the cost of an edit in a
/// ``TextBuffer``. Where edits have not seen each other, a ``TextWalk`` over what was made since the
/// last version that all of them share says what each does to the text; then it is dropped.
struct TextMerge {
  /// Stored edits that are read at once, back from the newest.
  private static let readCount = 256

  private var buffer: TextBuffer
  private(set) var heads: [Dot]
  /// Whether an edit that took effect had not seen all that were there before it.
  private(set) var isBranched = false

  init(content: String, heads: [Dot]) {
    buffer = TextBuffer(content)
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
    var branches = Branches(known: shared.edits, arriving: rest, after: shared.edit)
    var fit = true
    for segment in branches.segments { fit = take(segment, of: &branches) && fit }
    if !fit, let damage = stored.damage { throw damage }
    for place in branches.knownCount..<branches.edits.count where branches.tookEffect[place] {
      taken.append(branches.edits[place])
    }
    return taken
  }

  private mutating func carryOut(_ edit: TextEdit) {
    for hunk in edit.hunks { buffer.replace(hunk.position, hunk.deleteCount, with: hunk.insert) }
    advance(over: edit)
  }

  private mutating func advance(over edit: TextEdit) {
    if edit.parents != heads { isBranched = true }
    for parent in edit.parents {
      let place = heads.partitioningIndex { $0 >= parent }
      while place < heads.count, heads[place] == parent { heads.remove(at: place) }
    }
    heads.insert(edit.dot, at: heads.partitioningIndex { $0 > edit.dot })
  }

  // MARK: - The last shared version

  /// The newest known edit that has seen all before it, and was seen by all known ones after it and by
  /// all arriving ones (`nil`: there is none but the base), and the known edits after it.
  private func sharedVersion<Stored: StoredTextEdits>(
    of arriving: ArraySlice<TextEdit>,
    _ taken: [TextEdit],
    _ stored: Stored
  ) throws(Stored.Failure) -> (edit: Dot?, edits: [TextEdit]) {
    if stored.count == 0, taken.isEmpty { return (nil, []) }
    let own = Set(arriving.lazy.map(\.dot))
    let takenNow = Set(taken.lazy.map(\.dot))
    // Edits that are named and were not met yet on the way back.
    var open = Set(heads)
    var reachesBase = heads.isEmpty
    for edit in arriving {
      if edit.parents.isEmpty { reachesBase = true }
      for parent in edit.parents where !own.contains(parent) && !open.contains(parent) {
        // Who names what is no edit of this text must not make us read all of it.
        var isKnown = takenNow.contains(parent)
        if !isKnown { isKnown = try stored.contains(parent) }
        if isKnown { open.insert(parent) }
      }
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
  ///
  /// - Returns: whether the known edits fit each other and the text, as they do where the file that they
  ///   were read from is not damaged; what does not fit has no effect.
  private mutating func take(_ segment: Range<Int>, of branches: inout Branches) -> Bool {
    let known = segment.lowerBound..<max(segment.lowerBound, branches.knownCount)
    let arriving = known.upperBound..<segment.upperBound
    let first = branches.edits[segment.lowerBound]
    if known.isEmpty, arriving.count == 1, first.parents == heads {
      guard first.fits(count: buffer.count) else { return true }
      carryOut(first)
      branches.tookEffect[segment.lowerBound] = true
      return true
    }
    branches.walk.begin(
      at: segment.lowerBound,
      baseCount: known.isEmpty ? buffer.count : TextWalk.unknownLength
    )
    var fit = true
    for place in branches.walk.graph.order(of: known) {
      let edit = branches.edits[place]
      guard edit.fits(count: branches.walk.count(before: place)) else {
        fit = false
        continue
      }
      branches.walk.visit(place, edit.hunks) { _ in }
    }
    // What the walk thinks that the text has, less what it has, is what the walk's base is too long by.
    let excess = max(0, branches.walk.finalCount - buffer.count)
    fit = fit && branches.walk.finalCount - excess == buffer.count
    for place in branches.walk.graph.order(of: arriving) {
      let edit = branches.edits[place]
      guard branches.parentsTookEffect(place),
        edit.fits(count: branches.walk.count(before: place) - excess)
      else { continue }
      branches.walk.visit(place, edit.hunks) { effect in
        switch effect {
        case .insert(let text, let position) where position <= buffer.count:
          buffer.replace(position, 0, with: text)
        case .delete(let count, let position) where count <= buffer.count - position:
          buffer.replace(position, count, with: "")
        case .insert, .delete: fit = false
        }
      }
      branches.tookEffect[place] = true
    }
    for place in arriving where branches.tookEffect[place] { advance(over: branches.edits[place]) }
    return fit
  }
}

/// Edits since a version that all of them have seen.
private struct Branches {
  /// A walk over fewer edits than that is not worth beginning anew.
  private static let segmentCount = 32

  /// Those that are in the text already, then those that arrive.
  let edits: [TextEdit]
  let knownCount: Int
  var walk: TextWalk
  var tookEffect: [Bool]
  /// Those that name what is no edit of this text.
  private var strangers: Set<Int> = []

  /// - `start`: the edit that all have seen; `nil`: the base.
  init(known: [TextEdit], arriving: ArraySlice<TextEdit>, after start: Dot?) {
    edits = known + arriving
    knownCount = known.count
    tookEffect = Array(repeating: false, count: edits.count)
    for place in known.indices { tookEffect[place] = true }
    var places: [Dot: Int] = [:]
    places.reserveCapacity(edits.count)
    var parentLists: [[Int]] = []
    parentLists.reserveCapacity(edits.count)
    for (place, edit) in edits.enumerated() {
      var parents: [Int] = []
      parents.reserveCapacity(edit.parents.count)
      for parent in edit.parents {
        if let place = places[parent] {
          if parents.last != place { parents.append(place) }
        } else if parent != start {
          strangers.insert(place)
        }
      }
      parentLists.append(parents)
      places[edit.dot] = place
    }
    walk = TextWalk(graph: EditGraph(parents: parentLists), dots: edits.map(\.dot))
  }

  /// The list cut where all that follow have seen all before: each segment is walked by itself.
  ///
  /// The first one begins with all known edits.
  var segments: [Range<Int>] {
    var segments: [Range<Int>] = []
    var begin = 0
    for cut in walk.graph.criticalEdits where cut >= knownCount {
      if cut == begin || cut + 1 - begin >= Self.segmentCount {
        segments.append(begin..<(cut + 1))
        begin = cut + 1
      }
    }
    if begin < edits.count { segments.append(begin..<edits.count) }
    return segments
  }

  /// Whether all that an edit names are edits of this text.
  func parentsTookEffect(_ place: Int) -> Bool {
    !strangers.contains(place) && walk.graph.parents(of: place).allSatisfy { tookEffect[$0] }
  }
}

/// The merge of concurrent text edits: replays a history through a list of items.
///
/// Eg-walker (Gentle & Kleppmann, "Collaborative Text Editing with Eg-walker", EuroSys 2025) in
/// its plain form, one item per scalar, over the whole history. The order of items is that of Fugue
/// (Weidner & Kleppmann, "The Art of the Fugue", 2023), so that concurrent runs do not interleave;
/// not of FugueMax: right siblings go by dot, whatever stands to their right.
///
/// Every item has two states. Its *prepared* state says what it is in the version that the
/// edit being replayed was made against: not yet inserted, there, or deleted n times. Its *final*
/// state says whether any edit deleted it. Laws, for histories in any causal order:
///
///     content(a, b) = content(b, a)       for concurrent a, b
///     content(h + e) = e applied to content(h)   when e saw all of h
///
/// Deliberately missing: run-length items, a balanced tree, starting at the last common version.
struct TextReplay {
  /// An item is named by its place in `items`; base scalars come first.
  private struct Item {
    let scalar: Unicode.Scalar
    let origin: ScalarOrigin
    let left: Int?
    let right: Int?
    /// 0: not yet inserted, 1: there, 1 + n: deleted n times, in the prepared version.
    var prepared: Int
    var deletions: [Dot] = []
    var isDeleted: Bool { !deletions.isEmpty }
    var identity: ScalarOrigin
  }

  private struct Step {
    var inserted: [Int] = []
    var deleted: [Int] = []
    var ancestors: Set<Int> = []
  }

  private var items: [Item] = []
  /// Items in document order.
  private var order: [Int] = []
  /// What each edit did, by its place in the history.
  private var steps: [Step] = []
  private var prepared: Set<Int> = []

  /// Edits whose hunks do not fit the text of their parents.
  private(set) var misfits: Set<Dot> = []

  init(base: String, edits: [TextEdit]) {
    for (offset, scalar) in base.unicodeScalars.enumerated() {
      let origin = ScalarOrigin(edit: nil, offset: offset)
      items.append(
        Item(
          scalar: scalar,
          origin: origin,
          left: offset == 0 ? nil : offset - 1,
          right: nil,
          prepared: 1,
          identity: origin
        )
      )
      order.append(offset)
    }
    var places: [Dot: Int] = [:]
    for (place, edit) in edits.enumerated() {
      let parents = edit.parents.compactMap { places[$0] }
      places[edit.dot] = place
      steps.append(
        Step(ancestors: parents.reduce(into: Set(parents)) { $0.formUnion(steps[$1].ancestors) })
      )
      prepare(steps[place].ancestors)
      guard edit.fits(count: order.count { items[$0].prepared == 1 }) else {
        misfits.insert(edit.dot)
        continue
      }
      replay(edit, at: place)
      prepared.insert(place)
    }
  }

  var content: String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: order.lazy.map { items[$0] }.filter { !$0.isDeleted }.map(\.scalar))
    return String(scalars)
  }

  var origins: [ScalarOrigin] {
    order.map { items[$0] }.filter { !$0.isDeleted }.map(\.identity)
  }

  var spans: [TextSpan] {
    order.map { items[$0] }.map {
      TextSpan(
        inserted: $0.origin,
        identity: $0.identity,
        text: String($0.scalar),
        deletions: $0.deletions.sorted()
      )
    }
  }

  /// Moves the prepared version to the one that holds exactly these edits.
  private mutating func prepare(_ version: Set<Int>) {
    for place in prepared.subtracting(version) { shift(place, by: -1) }
    for place in version.subtracting(prepared) { shift(place, by: 1) }
    prepared = version
  }

  private mutating func shift(_ place: Int, by step: Int) {
    for item in steps[place].inserted { items[item].prepared += step }
    for item in steps[place].deleted { items[item].prepared += step }
  }

  private mutating func replay(_ edit: TextEdit, at place: Int) {
    var offset = 0
    for hunk in edit.hunks {
      var cursor = index(ofPreparedPosition: hunk.position)
      for (number, scalar) in hunk.insert.unicodeScalars.enumerated() {
        let origin = ScalarOrigin(edit: edit.dot, offset: offset)
        cursor = insert(scalar, origin: origin, at: cursor, of: place)
        for restoration in hunk.restores where restoration.range.contains(number) {
          let before = ScalarOrigin(
            edit: restoration.origin.edit,
            offset: restoration.origin.offset + number - restoration.range.lowerBound
          )
          if let item = items.first(where: { $0.origin == before && $0.scalar == scalar }) {
            items[items.count - 1].identity = item.identity
          }
        }
        offset += 1
      }
      delete(hunk.deleteCount, from: cursor, of: edit, place)
    }
  }

  /// The place in `order` right after the first `position` scalars of the prepared version.
  private func index(ofPreparedPosition position: Int) -> Int {
    var remaining = position
    var index = 0
    while remaining > 0 {
      if items[order[index]].prepared == 1 { remaining -= 1 }
      index += 1
    }
    return index
  }

  private mutating func delete(
    _ count: Int,
    from cursor: Int,
    of edit: TextEdit,
    _ place: Int
  ) {
    var remaining = count
    var index = cursor
    while remaining > 0 {
      let item = order[index]
      if items[item].prepared == 1 {
        items[item].prepared = 2
        items[item].deletions.append(edit.dot)
        steps[place].deleted.append(item)
        remaining -= 1
      }
      index += 1
    }
  }

  /// Puts one scalar into the order and returns the place right after it.
  private mutating func insert(
    _ scalar: Unicode.Scalar,
    origin: ScalarOrigin,
    at cursor: Int,
    of place: Int
  ) -> Int {
    let left = cursor == 0 ? nil : order[cursor - 1]
    // Fugue: the right parent counts only where it descends from the left one.
    let next = order[cursor...].first { items[$0].prepared != 0 }
    let right = next.flatMap { items[$0].left == left ? $0 : nil }
    let destination = integrate(origin: origin, left: left, right: right, from: cursor)
    items.append(
      Item(
        scalar: scalar,
        origin: origin,
        left: left,
        right: right,
        prepared: 1,
        identity: origin
      )
    )
    order.insert(items.count - 1, at: destination)
    steps[place].inserted.append(items.count - 1)
    return destination + 1
  }

  /// Where among concurrent items, all of them not yet inserted in the prepared version, a new one
  /// belongs.
  private func integrate(origin: ScalarOrigin, left: Int?, right: Int?, from cursor: Int) -> Int {
    let leftIndex = position(of: left) ?? -1
    let rightIndex = position(of: right) ?? order.count
    var destination = cursor
    var isScanning = false
    var index = cursor
    while index < order.count {
      let other = items[order[index]]
      guard other.prepared == 0 else { break }
      let otherLeft = position(of: other.left) ?? -1
      if otherLeft < leftIndex { break }
      if otherLeft == leftIndex {
        let otherRight = position(of: other.right) ?? order.count
        if otherRight == rightIndex, origin.precedes(other.origin) { break }
        isScanning = otherRight < rightIndex
      }
      index += 1
      if !isScanning { destination = index }
    }
    return destination
  }

  private func position(of item: Int?) -> Int? {
    item.flatMap(order.firstIndex(of:))
  }
}

extension ScalarOrigin {
  /// The order of concurrent insertions at one place: (lane, seq, index, offset).
  ///
  /// Base scalars are never concurrent with anything.
  fileprivate func precedes(_ other: ScalarOrigin) -> Bool {
    guard let edit, let otherEdit = other.edit else { return false }
    return edit == otherEdit ? offset < other.offset : edit < otherEdit
  }
}

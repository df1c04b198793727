package import CRDT

/// The edit that brings a text to what it would be without the actions that are undone.
///
///     there(s) = some edit that stands inserted s, or s is of the base; and
///                no edit that stands deleted s
///
/// for every scalar *s* that the undone action, or an undo or redo of it, has touched; all others stay
/// as they are. Edits of undos are only the means: they count neither way. Who a scalar is counts, not
/// which insertion of it: what an undo brought back is the scalar that was deleted.
///
/// What comes back stands where it first stood (``ScalarOrder``).
struct TextUndo {
  private(set) var hunks: [Hunk] = []
  /// Scalars that the action deleted and that somebody else's edit keeps deleted.
  private(set) var sharedDeletionCount = 0

  private var position = 0
  private var deleteCount = 0
  private var insertion = String.UnicodeScalarView()
  private var insertionCount = 0
  private var restores: [Restoration] = []

  /// What an edit is to the undo.
  struct Role {
    /// Whether it belongs to the action, or to an undo or redo of it.
    let isInChain: Bool
    /// Whether it is no undo, and not undone once this undo is done.
    let stands: Bool
  }

  init(of history: TextHistory, role: (Dot) -> Role) {
    var places: [Dot: Int] = [:]
    for (place, edit) in history.edits.enumerated() { places[edit.dot] = place }
    let roles = places.keys.reduce(into: [Dot: Role]()) { $0[$1] = role($1) }
    let items = history.spans.flatMap { UndoneScalar.scalars(of: $0, places) }
    var fates: [ScalarOrigin: Fate] = [:]
    for item in items { fates[item.identity, default: Fate()].add(item, roles) }

    // After which item that is there now what comes back; -1: before all.
    var comingBack: [Int: [UndoneScalar]] = [:]
    var last = -1
    for place in ScalarOrder.original(items) {
      let item = items[place]
      if item.isPresent { last = place }
      guard !item.isAgain, let fate = fates[item.identity], fate.isTouched, !fate.isPresent else {
        continue
      }
      if fate.isThere {
        comingBack[last, default: []].append(item)
      } else if fate.isDeletedTwice {
        sharedDeletionCount += 1
      }
    }
    bringBack(comingBack[-1] ?? [])
    for (place, item) in items.enumerated() where item.isPresent {
      if let fate = fates[item.identity], fate.isTouched, !fate.isThere {
        deleteCount += 1
      } else {
        flush()
        position += 1
      }
      bringBack(comingBack[place] ?? [])
    }
    flush()
  }

  /// What became of a scalar, through all insertions of it.
  private struct Fate {
    var isTouched = false
    var isInserted = false
    var isDeleted = false
    var isDeletedInChain = false
    /// Whether some insertion of it is in the text.
    var isPresent = false

    var isThere: Bool { isInserted && !isDeleted }
    var isDeletedTwice: Bool { isInserted && isDeleted && isDeletedInChain }

    mutating func add(_ item: UndoneScalar, _ roles: [Dot: Role]) {
      if let edit = item.inserted.edit, let role = roles[edit] {
        isTouched = isTouched || role.isInChain
        isInserted = isInserted || role.stands
      } else {
        isInserted = true
      }
      for edit in item.deletions {
        guard let role = roles[edit] else { continue }
        isTouched = isTouched || role.isInChain
        isDeleted = isDeleted || role.stands
        isDeletedInChain = isDeletedInChain || role.isInChain
      }
      isPresent = isPresent || item.isPresent
    }
  }

  private mutating func bringBack(_ items: [UndoneScalar]) {
    for item in items {
      insertion.append(item.scalar)
      let place = insertionCount
      insertionCount += 1
      if let last = restores.last, last.range.upperBound == place,
        last.origin.advanced(by: last.range.count) == item.identity
      {
        restores[restores.count - 1] = Restoration(
          range: last.range.lowerBound..<(place + 1),
          origin: last.origin
        )
      } else {
        restores.append(Restoration(range: place..<(place + 1), origin: item.identity))
      }
    }
  }

  private mutating func flush() {
    guard insertionCount > 0 || deleteCount > 0 else { return }
    hunks.append(
      Hunk(
        position: position,
        deleteCount: deleteCount,
        insert: String(insertion),
        restores: restores
      )
    )
    position += insertionCount
    deleteCount = 0
    insertion = String.UnicodeScalarView()
    insertionCount = 0
    restores = []
  }
}

extension ScalarOrigin {
  /// The scalar so many further on in the same edit's insertions.
  package func advanced(by count: Int) -> ScalarOrigin {
    ScalarOrigin(edit: edit, offset: offset + count)
  }
}

package import CRDT
package import ChangeLog

/// What takes an action back on one object: the operations that bring it from what stands there now to
/// what would stand there had the action, and everything else that is undone, never been.
///
/// | | stands without the undone actions |
/// |---|---|
/// | register | the writes that no standing write has replaced, by whatever steps |
/// | set | the elements of which a standing add is not taken out by a standing removal |
/// | text | ``TextUndo`` |
/// | deletion | lifted, or put back where a restoration is taken back |
/// | an object that the action made | deleted, as far as what others added goes |
///
/// A write, add, removal or edit *stands* when it is no undo's and its action is not undone: those of
/// undos are only the means. So undos can be done and taken back in any order. Fields that the action
/// did not touch stay as they are; ``remainders`` says what others' operations keep as it is.
package struct ObjectUndo {
  package private(set) var operations: [Operation] = []
  package private(set) var remainders: [UndoRemainder] = []

  private let object: ObjectID
  private let chain: UndoChain
  private let undone: Set<ChangeID>
  private let state: ObjectState
  private let histories: [TextID: TextHistory]
  /// Whether the action made the object.
  private let isCreation: Bool
  private let changes: [RecordedChange]
  private let byID: [ChangeID: RecordedChange]
  private let all: [(dot: Dot, operation: Operation)]
  private let byDot: [Dot: Operation]
  /// The operations that have the action's effect now, in log order.
  private let ours: [(dot: Dot, operation: Operation)]

  /// Plans the undo.
  ///
  /// - `chain`: the action, with its undos and redos so far.
  /// - `leaving`: the actions that are undone once this one is.
  /// - `changes`: all changes of the object, in log order.
  /// - `histories`: of the object's edited texts.
  package init(
    of chain: UndoChain,
    leaving undone: Set<ChangeID>,
    on object: ObjectID,
    changes: [RecordedChange],
    state: ObjectState,
    histories: [TextID: TextHistory]
  ) {
    self.object = object
    self.chain = chain
    self.undone = undone
    self.state = state
    self.histories = histories
    self.changes = changes
    isCreation =
      object.type != ObjectType.profile.rawValue
      && changes.first.map { chain.standing.contains($0.action) } ?? false
    byID = Dictionary(changes.map { ($0.id, $0) }) { first, _ in first }
    all = changes.flatMap(\.named)
    byDot = Dictionary(all.map { ($0.dot, $0.operation) }) { first, _ in first }
    let taken = changes.filter { chain.standing.contains($0.action) }
    ours = taken.filter { !$0.isCertification }.flatMap(\.named)
    if taken.contains(where: \.isCertification) { leave(.certification) }
    if !ours.isEmpty { plan() }
    if !state.isWhole { leaveUnseen() }
  }

  private mutating func plan() {
    var lifted = state
    let standing = standingDeletions
    if let first = standing.first {
      operations.append(Operation(field: 0, kind: .restore, names: standing))
      lifted.apply(.restore(deletions: standing), at: first, time: 0)
    }
    guard lifted.isLive else {
      leave(.objectDeleted)
      return
    }
    if isCreation, !hasVersionsOfOthers {
      deleteCreation()
      return
    }
    if ours.contains(where: { $0.operation.isOf(.delete) }), standing.isEmpty { leave(.restored) }
    undoWrites()
    undoSets()
    undoEdits()
    undoRestorations(in: lifted)
    if ours.contains(where: { Operation.Kind(rawValue: $0.operation.kind) == nil }) {
      leave(.unknown)
    }
  }

  // MARK: - Whose is what

  private func isOurs(_ dot: Dot) -> Bool {
    byID[dot.change].map { chain.standing.contains($0.action) } ?? false
  }

  private func isInChain(_ dot: Dot) -> Bool {
    byID[dot.change].map { chain.all.contains($0.action) } ?? false
  }

  private func isUndo(_ dot: Dot) -> Bool { byID[dot.change]?.undoes != nil }

  private func stands(_ dot: Dot) -> Bool {
    byID[dot.change].map { $0.undoes == nil && !undone.contains($0.action) } ?? false
  }

  /// The fields that operations of these kinds in the chain are about, ascending.
  private func fields(_ kinds: Operation.Kind...) -> [UInt32] {
    let touching = all.filter { named in
      isInChain(named.dot) && kinds.contains { named.operation.isOf($0) }
    }
    return Set(touching.map(\.operation.field)).sorted()
  }

  /// Says so where the effect of an operation may stand and is not among what is looked at of the object.
  private mutating func leaveUnseen() {
    let seen = Set(state.entries.map(\.dot)).union(state.deletions.map(\.dot))
    // What somebody replaced, took out or lifted is not there.
    let ended = Set(
      all.filter {
        $0.operation.isOf(.write) || $0.operation.isOf(.remove) || $0.operation.isOf(.restore)
      }
      .flatMap(\.operation.names)
    )
    let unseen = ours.filter { dot, operation in
      switch Operation.Kind(rawValue: operation.kind) {
      case .write, .add, .delete: !seen.contains(dot) && !ended.contains(dot)
      case .edit: text(of: operation).flatMap { state.text($0) } == nil
      case .remove, .restore, nil: false
      }
    }
    guard !unseen.isEmpty else { return }
    // Others seem to have ended what is not seen.
    let fields = Set(unseen.map { name($0.operation.field) })
    remainders.removeAll { remainder in
      switch remainder {
      case .overwritten(let field), .takenOut(let field): fields.contains(field)
      default: false
      }
    }
    remainders.insert(.unseen, at: 0)
  }

  private mutating func leave(_ remainder: UndoRemainder) {
    if !remainders.contains(remainder) { remainders.append(remainder) }
  }

  private func name(_ field: UInt32) -> String { FieldName.of(field, type: object.type) }

  private func isVersions(_ field: UInt32) -> Bool {
    object.type == ObjectType.article.rawValue && field == ArticleField.versions.rawValue
  }

  // MARK: - Registers

  private mutating func undoWrites() {
    for field in fields(.write) {
      let wanted = standingWrites(of: field)
      let values = wanted.isEmpty ? [RegisterValue.body(nil)] : wanted.map(\.body)
      let entries = state.entries(of: field)
      let gone = entries.filter { !values.contains($0.value) }.map(\.dot)
      let missing = wanted.filter { write in !entries.contains { $0.value == write.body } }
      guard !gone.isEmpty || !missing.isEmpty else {
        leave(.overwritten(field: name(field)))
        continue
      }
      if wanted.isEmpty {
        operations.append(
          Operation(field: field, kind: .write, names: gone, body: RegisterValue.body(nil))
        )
      }
      // A register holds what was written; where all that is wanted is there, it is said once more.
      for write in missing.isEmpty ? Array(wanted.prefix(1)) : missing {
        // A target names more than what it replaces: the version and the edits it stands on.
        let others = write.names.filter { !isWrite($0, of: field) && !gone.contains($0) }
        operations.append(
          Operation(field: field, kind: .write, names: gone + others, body: write.body)
        )
      }
    }
  }

  /// The writes of a register that stand and that no standing write has replaced, by whatever steps;
  /// one of each value.
  private func standingWrites(of field: UInt32) -> [Operation] {
    let standing = all.filter { isWrite($0.dot, of: field) && stands($0.dot) }
    var replaced: Set<Dot> = []
    var open = standing.flatMap(\.operation.names)
    while let dot = open.popLast() {
      guard isWrite(dot, of: field), replaced.insert(dot).inserted else { continue }
      open += byDot[dot]?.names ?? []
    }
    var seen: Set<[UInt8]> = []
    return standing.filter { !replaced.contains($0.dot) }.map(\.operation)
      .filter { seen.insert($0.body).inserted }
  }

  private func isWrite(_ dot: Dot, of field: UInt32) -> Bool {
    byDot[dot].map { $0.isOf(.write) && $0.field == field } ?? false
  }

  // MARK: - Sets

  private mutating func undoSets() {
    for field in fields(.add, .remove) {
      if isVersions(field) {
        leave(.version)
      } else {
        undoSet(field)
      }
    }
  }

  private mutating func undoSet(_ field: UInt32) {
    let standing = standingAdds(of: field)
    let entries = state.entries(of: field)
    var removals: [Dot] = []
    for element in touchedElements(of: field) {
      let live = entries.filter { $0.value == element }.map(\.dot)
      let adds = standing.filter { $0.operation.body == element }
      switch (live.isEmpty, adds.first) {
      case (false, nil): removals += live
      case (true, let add?):
        // It names the adds that it says again, so that a removal of it is one of them.
        let others = add.operation.names.filter { byDot[$0]?.isOf(.add) != true }
        operations.append(
          Operation(field: field, kind: .add, names: adds.map(\.dot) + others, body: element)
        )
      case (true, nil): leave(.takenOut(field: name(field)))
      case (false, _?): leave(.addedTwice(field: name(field)))
      }
    }
    if !removals.isEmpty {
      operations.append(Operation(field: field, kind: .remove, names: removals))
    }
  }

  /// The elements that the chain added or took out.
  private func touchedElements(of field: UInt32) -> [[UInt8]] {
    var elements: [[UInt8]] = []
    for (dot, operation) in all where operation.field == field && isInChain(dot) {
      if operation.isOf(.add) { elements.append(operation.body) }
      if operation.isOf(.remove) { elements += operation.names.compactMap { byDot[$0]?.body } }
    }
    var seen: Set<[UInt8]> = []
    return elements.filter { seen.insert($0).inserted }
  }

  /// The adds that stand and that no standing removal has taken out, by whatever undo's add.
  private func standingAdds(of field: UInt32) -> [(dot: Dot, operation: Operation)] {
    let operations = all.filter { $0.operation.field == field && stands($0.dot) }
    var taken: Set<Dot> = []
    var open = operations.filter { $0.operation.isOf(.remove) }.flatMap(\.operation.names)
    while let dot = open.popLast() {
      guard let add = byDot[dot], add.isOf(.add), add.field == field, taken.insert(dot).inserted
      else { continue }
      if isUndo(dot) { open += add.names }
    }
    return operations.filter { $0.operation.isOf(.add) && !taken.contains($0.dot) }
  }

  // MARK: - Texts

  private mutating func undoEdits() {
    var texts: [TextID] = []
    for (_, operation) in ours where operation.isOf(.edit) {
      guard let id = text(of: operation), !texts.contains(id) else { continue }
      texts.append(id)
    }
    for id in texts.sorted() {
      guard let text = state.text(id) else { continue }
      guard let history = histories[id] else {
        if text.isOverfull { leave(.full(field: name(id.field))) }
        continue
      }
      let undo = TextUndo(of: history) {
        TextUndo.Role(isInChain: isInChain($0), stands: stands($0))
      }
      if undo.sharedDeletionCount > 0 {
        leave(.deletedTwice(field: name(id.field), scalarCount: undo.sharedDeletionCount))
      }
      guard !undo.hunks.isEmpty else {
        leave(.reworked(field: name(id.field)))
        continue
      }
      let weight = TextWeight.of(undo.hunks, parentCount: text.heads.count)
      guard text.weight + weight <= TextWeight.limit else {
        leave(.full(field: name(id.field)))
        continue
      }
      let version = state.entries(of: ArticleField.versions.rawValue)
        .first { !id.version.isEmpty && $0.value == id.version }?.dot
      operations.append(
        Operation(
          field: id.field,
          kind: .edit,
          names: (version.map { [$0] } ?? []) + text.heads,
          body: TextEditBody.body(undo.hunks)
        )
      )
    }
  }

  private func text(of edit: Operation) -> TextID? {
    guard object.type == ObjectType.article.rawValue, edit.field == ArticleField.body.rawValue
    else { return TextID(field: edit.field) }
    return state.entries(of: ArticleField.versions.rawValue)
      .first { $0.dot == edit.names.first }
      .map { TextID(field: edit.field, version: $0.value) }
  }

  // MARK: - Deletions

  /// The standing deletions that are the action's, or say again one that is.
  private var standingDeletions: [Dot] {
    var says: Set<Dot> = []
    for change in changes {
      for (dot, operation) in change.named where operation.isOf(.delete) {
        if isOurs(dot) || deletionsPutBack(by: change).contains(where: says.contains) {
          says.insert(dot)
        }
      }
    }
    return state.deletions.map(\.dot).filter(says.contains)
  }

  /// The deletions that an undo of restorations put back.
  private func deletionsPutBack(by undo: RecordedChange) -> [Dot] {
    guard let action = undo.undoes else { return [] }
    let undos = Set(changes.filter { $0.undoes == action }.map(\.action))
    return changes.filter { $0.action == action || $0.undoes.map(undos.contains) ?? false }
      .flatMap(\.named).filter { $0.operation.isOf(.restore) }.flatMap(\.operation.names)
  }

  private mutating func undoRestorations(in lifted: ObjectState) {
    let lifting = ours.filter { $0.operation.isOf(.restore) }.flatMap(\.operation.names)
    let covered = Set(lifting.compactMap { byDot[$0] }.filter { $0.isOf(.delete) }.flatMap(\.names))
    guard !covered.isSubset(of: lifted.deletions.flatMap(\.covers)) else { return }
    operations.append(Operation(field: 0, kind: .delete, names: covered.sorted()))
  }

  private var hasVersionsOfOthers: Bool {
    state.entries.contains { isVersions($0.field) && !isInChain($0.dot) }
  }

  private mutating func deleteCreation() {
    let kept = state.entries.filter(isOfOthers)
    let keptTexts = state.texts.filter { text in
      !text.heads.allSatisfy(isInChain) && holdsTextOfOthers(text.id)
    }
    let covered =
      state.entries.filter { !kept.contains($0) }.map(\.dot)
      + state.texts.filter { text in !keptTexts.contains { $0.id == text.id } }.flatMap(\.heads)
    if !kept.isEmpty || !keptTexts.isEmpty { leave(.keptAlive) }
    guard !covered.isEmpty else { return }
    operations.append(Operation(field: 0, kind: .delete, names: covered.sorted()))
  }

  /// Whether an entry says something that somebody else said and that stands.
  private func isOfOthers(_ entry: Entry) -> Bool {
    guard isUndo(entry.dot) else { return stands(entry.dot) && !isInChain(entry.dot) }
    switch entry.kind {
    case .write: return standingWrites(of: entry.field).contains { $0.body == entry.value }
    case .add:
      return standingAdds(of: entry.field).contains { $0.operation.body == entry.value }
    }
  }

  /// Whether scalars of an edit that stands are in a text; what stood in a version before any edit is
  /// the action's own.
  private func holdsTextOfOthers(_ text: TextID) -> Bool {
    histories[text]?.spans.contains { span in
      !span.isDeleted && span.identity.edit.map(stands) ?? false
    } ?? false
  }
}

extension Operation {
  package func isOf(_ kind: Kind) -> Bool { self.kind == kind.rawValue }
}

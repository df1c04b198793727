/// What the operations on one object amount to.
///
/// A pure function of the *set* of operations: with `a · b` for applying `a` before `b`, and both
/// orders causal,
///
///     a · b = b · a                      concurrent operations commute
///     state(history) = state(history')   for any two causal orders of the same operations
///
/// Example: two replicas write one register without having seen each other. Both writes are live
/// on both; a third write that names the two leaves one.
///
/// Operations arrive in a causal order, each exactly once; the log's gate sees to that. An
/// operation that names a dot which was never there, or which is of another kind, has no effect
/// for that dot.
package struct ObjectState: Sendable {
  /// Live writes and adds, ascending by field and dot.
  package private(set) var entries: [Entry]
  /// Standing deletions, ascending by dot.
  package private(set) var deletions: [Deletion]
  /// Texts that were edited, ascending by id.
  package private(set) var texts: [TextState]
  /// Whether this is all of the object: of a large one only a part may be looked at.
  package let isWhole: Bool

  /// An object from its stored parts, in any order.
  package init(
    entries: [Entry] = [],
    deletions: [Deletion] = [],
    texts: [TextState] = [],
    isWhole: Bool = true
  ) {
    self.isWhole = isWhole
    self.entries = entries.sorted { $0.key < $1.key }
    self.deletions = deletions.sorted { $0.dot < $1.dot }
    self.texts = texts.sorted { $0.id < $1.id }
  }

  /// The field of the reviews, in objects of every type.
  ///
  /// A review is about what others did, and keeps nothing alive.
  package static let reviewField: UInt32 = 40

  /// Whether the object is there: some live write, add or text head, but of a review, is not covered by a
  /// standing deletion.
  package var isLive: Bool {
    deletions.isEmpty ? !livingDots.isEmpty : !survivors.isEmpty
  }

  /// What a standing deletion does not cover.
  package var survivors: [Dot] {
    let covered = Set(deletions.flatMap(\.covers))
    return livingDots.filter { !covered.contains($0) }
  }

  private var livingDots: [Dot] {
    entries.lazy.filter { $0.field != Self.reviewField }.map(\.dot) + texts.flatMap(\.heads)
  }

  /// The live writes of a register or adds of a set, ascending by dot.
  package func entries(of field: UInt32) -> [Entry] {
    entries.filter { $0.field == field }
  }

  package func text(_ id: TextID) -> TextState? {
    texts.first { $0.id == id }
  }

  /// What a deletion of everything that is seen here names.
  package var dotsToCover: [Dot] {
    entries.map(\.dot) + texts.flatMap(\.heads)
  }

  /// Takes in edits of one of the object's texts; see ``TextState/merge(_:onto:)``.
  ///
  /// A text is there once an edit of it took effect.
  /// - `base`: the text before any edit.
  package mutating func merge<Stored: StoredTextEdits>(
    _ edits: [TextEdit],
    into id: TextID,
    base: String,
    onto stored: Stored
  ) throws(Stored.Failure) -> [TextEdit] {
    if let place = texts.firstIndex(where: { $0.id == id }) {
      return try texts[place].merge(edits, onto: stored) { () throws(Stored.Failure) in base }
    }
    var text = TextState(id: id, base: base)
    let taken = try text.merge(edits, onto: stored) { () throws(Stored.Failure) in base }
    if text.weight > 0 {
      texts.insert(text, at: texts.firstIndex { id < $0.id } ?? texts.endIndex)
    }
    return taken
  }

  /// Takes in one operation.
  ///
  /// - `dot`: the operation's own.
  /// - `time`: the author's clock, ms.
  package mutating func apply(_ operation: MergeOperation, at dot: Dot, time: Int64) {
    switch operation {
    case .write(let field, let replaced, let value):
      drop(replaced, from: field, kind: .write)
      insert(Entry(field: field, dot: dot, kind: .write, time: time, value: value))
    case .add(let field, let element):
      insert(Entry(field: field, dot: dot, kind: .add, time: time, value: element))
    case .remove(let field, let adds):
      drop(adds, from: field, kind: .add)
    case .delete(let covered):
      let deletion = Deletion(dot: dot, covers: covered.sorted())
      deletions.insert(
        deletion,
        at: deletions.firstIndex { dot < $0.dot } ?? deletions.endIndex
      )
    case .restore(let lifted):
      let lifted = Set(lifted)
      deletions.removeAll { lifted.contains($0.dot) }
    }
  }

  private mutating func insert(_ entry: Entry) {
    entries.insert(entry, at: entries.partitioningIndex { entry.key < $0.key })
  }

  private mutating func drop(_ dots: [Dot], from field: UInt32, kind: Entry.Kind) {
    guard !dots.isEmpty else { return }
    let dots = Set(dots)
    entries.removeAll { $0.field == field && $0.kind == kind && dots.contains($0.dot) }
  }
}

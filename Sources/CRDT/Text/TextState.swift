/// A text at rest: its plain content, the heads of its history, and what that weighs.
///
/// Who keeps it keeps its edits beside it (``StoredTextEdits``). They are read only where edits that
/// have not seen each other meet, and then no further back than to the last edit that all of them
/// have seen.
package struct TextState: Sendable {
  package let id: TextID
  /// The edits that no other edit has as a parent, ascending.
  package private(set) var heads: [Dot]
  package private(set) var content: String
  /// Whether there are edits that have not seen each other.
  package private(set) var isBranched: Bool
  /// What the edits that took effect weigh together, bytes (``TextWeight``), 0 where none did.
  package private(set) var weight: Int

  /// A text that nobody edited yet.
  package init(id: TextID, base: String) {
    self.init(id: id, heads: [], content: base, isBranched: false, weight: 0)
  }

  /// A text from its stored parts.
  package init(id: TextID, heads: [Dot], content: String, isBranched: Bool, weight: Int) {
    self.id = id
    self.heads = heads
    self.content = content
    self.isBranched = isBranched
    self.weight = weight
  }

  /// Whether more was written into it than a text may hold.
  ///
  /// It reads as its base then, has no heads, and stays so whatever comes: which is the same for
  /// everybody, since edits that took effect never become fewer.
  package var isOverfull: Bool { weight > TextWeight.limit }

  /// Takes in edits.
  ///
  /// One that names parents which are not edits of this text, or whose hunks don't fit the text of
  /// its parents, has no effect: it is no edit of this text, for everybody.
  /// - Parameters:
  ///   - edits: in a causal order, none of them taken in before.
  ///   - stored: those taken in before.
  ///   - base: the text before any edit.
  /// - Returns: those that took effect, in their order; they are to be stored after the others. Of a text
  ///   that is overfull none, and those that are stored are to go.
  /// - Throws: what reading stored edits throws; the text is then as it was.
  package mutating func merge<Stored: StoredTextEdits>(
    _ edits: [TextEdit],
    onto stored: Stored,
    base: () throws(Stored.Failure) -> String
  ) throws(Stored.Failure) -> [TextEdit] {
    guard !isOverfull else { return [] }
    var merge = TextMerge(content: content, heads: heads)
    let taken = try merge.take(edits, onto: stored)
    guard !taken.isEmpty else { return [] }
    let total = taken.reduce(weight) { $0 + TextWeight.of($1) }
    guard total <= TextWeight.limit else {
      // By how much is a matter of how many came at once.
      self = TextState(
        id: id,
        heads: [],
        content: try base(),
        isBranched: false,
        weight: TextWeight.limit + 1
      )
      return []
    }
    content = merge.content
    heads = merge.heads
    isBranched = isBranched || merge.isBranched
    weight = total
    return taken
  }
}

/// The edits of a text that took effect, in the order in which they were taken in.
package protocol StoredTextEdits {
  associatedtype Failure: Error
  var count: Int { get }
  /// The edits at these places, from 0.
  func edits(_ places: Range<Int>) throws(Failure) -> [TextEdit]
  /// Whether one of them has this name.
  func contains(_ edit: Dot) throws(Failure) -> Bool
  /// What is thrown where they do not come to the text; `nil`: those that do not fit have no effect.
  var damage: Failure? { get }
}

extension [TextEdit]: StoredTextEdits {
  package func edits(_ places: Range<Int>) -> [TextEdit] { Array(self[places]) }

  package func contains(_ edit: Dot) -> Bool { contains { $0.dot == edit } }

  package var damage: Never? { nil }
}

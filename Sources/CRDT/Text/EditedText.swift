/// A text in memory with its whole history.
package struct EditedText: Sendable {
  package private(set) var state: TextState
  package private(set) var history: TextHistory

  /// A text that nobody edited yet.
  package init(base: String, id: TextID = TextID(field: 0)) {
    state = TextState(id: id, base: base)
    history = TextHistory(base: base, edits: [])
  }

  package var content: String { state.content }
  package var heads: [Dot] { state.heads }

  /// Takes in edits; see ``TextState/merge(_:onto:)``.
  package mutating func apply(_ edits: [TextEdit]) {
    let taken = state.merge(edits, onto: history.edits) { history.base }
    history = TextHistory(
      base: history.base,
      edits: state.isOverfull ? [] : history.edits + taken
    )
  }
}

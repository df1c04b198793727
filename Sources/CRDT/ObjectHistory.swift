/// An object in memory with the whole history of its texts.
package struct ObjectHistory: Sendable {
  package private(set) var state = ObjectState()
  /// By text: its base, and the edits that took effect.
  package private(set) var texts: [TextID: TextHistory] = [:]

  package init() {}

  /// Takes in one operation; see ``ObjectState/apply(_:at:time:)``.
  ///
  /// - `base`: what a text is before any edit.
  package mutating func apply(
    _ operation: ObjectOperation,
    at dot: Dot,
    time: Int64,
    base: (TextID) -> String
  ) {
    switch operation {
    case .merge(let operation): state.apply(operation, at: dot, time: time)
    case .edit(let operation):
      apply([operation.edit], to: operation.text, base: base(operation.text))
    }
  }

  /// Takes in edits of one text at once; see ``TextState/merge(_:onto:)``.
  package mutating func apply(_ edits: [TextEdit], to text: TextID, base: String) {
    let known = texts[text] ?? TextHistory(base: base, edits: [])
    let taken = state.merge(edits, into: text, base: base, onto: known.edits)
    guard let merged = state.text(text) else { return }
    texts[text] = TextHistory(
      base: known.base,
      edits: merged.isOverfull ? [] : known.edits + taken
    )
  }
}

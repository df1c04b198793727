/// An operation as the merge sees it: what it does to one object, by kind, whatever its field means.
package enum MergeOperation: Sendable {
  /// Sets a register; takes the place of the writes it names.
  case write(field: UInt32, replacing: [Dot], value: [UInt8])
  /// Adds an element to a set.
  case add(field: UInt32, element: [UInt8])
  /// Takes the adds it names out of a set.
  case remove(field: UInt32, adds: [Dot])
  /// Edits a text.
  case edit(text: TextID, base: String, edit: TextEdit)
  /// Deletes the object as far as the dots it names go.
  case delete(covering: [Dot])
  /// Lifts the deletions it names.
  case restore(deletions: [Dot])
}

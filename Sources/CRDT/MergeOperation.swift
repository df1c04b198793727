/// An operation as the merge sees it: what it does to one object, by kind, whatever its field means;
/// all but an edit of a text (``TextOperation``).
package enum MergeOperation: Sendable {
  /// Sets a register; takes the place of the writes it names.
  case write(field: UInt32, replacing: [Dot], value: [UInt8])
  /// Adds an element to a set.
  case add(field: UInt32, element: [UInt8])
  /// Takes the adds it names out of a set.
  case remove(field: UInt32, adds: [Dot])
  /// Deletes the object as far as the dots it names go.
  case delete(covering: [Dot])
  /// Lifts the deletions it names.
  case restore(deletions: [Dot])
}

/// An edit of one of an object's texts.
package struct TextOperation: Sendable {
  package let text: TextID
  package let edit: TextEdit

  package init(text: TextID, edit: TextEdit) {
    self.text = text
    self.edit = edit
  }
}

/// What an operation does to its object.
package enum ObjectOperation: Sendable {
  case merge(MergeOperation)
  case edit(TextOperation)
}

/// What somebody types in one sitting, as few hunks: keystrokes that go on where the one before
/// was become one hunk.
///
///     "a" at 3, "b" at 4, "c" at 5                      "abc" at 3
///     backspace at 5, backspace at 4                    2 deleted at 4
///     what was typed and taken back                     stays: an insertion, then a deletion
///
/// The hunks do to a text, scalar for scalar, what the keystrokes did.
package struct Sitting: Sendable {
  private var closed: [Hunk] = []
  private var position = 0
  private var deleteCount = 0
  private var insert = ""
  /// Scalars of `insert`.
  private var insertCount = 0

  package init() {}

  package var isEmpty: Bool { closed.isEmpty && deleteCount == 0 && insert.isEmpty }

  /// Bytes that were typed, and 4 for each hunk: about what the sitting takes on disk.
  package private(set) var byteCount = 0

  package var hunks: [Hunk] {
    deleteCount == 0 && insert.isEmpty ? closed : closed + [open]
  }

  private var open: Hunk { Hunk(position: position, deleteCount: deleteCount, insert: insert) }

  /// Takes in one keystroke: a hunk in the text as those before it left it.
  package mutating func record(_ keystroke: Hunk) {
    byteCount += keystroke.insert.utf8.count
    if insertCount == 0, keystroke.insert.isEmpty,
      keystroke.position + keystroke.deleteCount == position, deleteCount > 0
    {
      position = keystroke.position
      deleteCount += keystroke.deleteCount
    } else if keystroke.position == position + insertCount, deleteCount > 0 || insertCount > 0 {
      insert += keystroke.insert
      insertCount += keystroke.insert.scalarCount
      deleteCount += keystroke.deleteCount
    } else {
      if !isEmpty, deleteCount > 0 || insertCount > 0 { closed.append(open) }
      byteCount += 4
      position = keystroke.position
      deleteCount = keystroke.deleteCount
      insert = keystroke.insert
      insertCount = insert.scalarCount
    }
  }
}

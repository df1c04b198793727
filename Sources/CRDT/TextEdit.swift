/// Which text of an object: the field, and the version whose text it is where the field belongs to
/// a version (empty otherwise).
package struct TextID: Hashable, Sendable, Comparable {
  package let field: UInt32
  package let version: [UInt8]

  package init(field: UInt32, version: [UInt8] = []) {
    self.field = field
    self.version = version
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.field == right.field
      ? left.version.lexicographicallyPrecedes(right.version) : left.field < right.field
  }
}

/// One place of a text edit.
///
/// Positions and counts are Unicode scalars of the text as the edit's parents describe it.
package struct Hunk: Sendable {
  package let position: Int
  package let deleteCount: Int
  package let insert: String

  package init(position: Int, deleteCount: Int, insert: String) {
    self.position = position
    self.deleteCount = deleteCount
    self.insert = insert
  }
}

/// An edit of a text.
package struct TextEdit: Sendable {
  package let dot: Dot
  /// The edits that were the text's heads when this one was made, ascending; none for the first.
  package let parents: [Dot]
  /// Ascending; each begins after the end of the one before.
  package let hunks: [Hunk]

  package init(dot: Dot, parents: [Dot], hunks: [Hunk]) {
    self.dot = dot
    self.parents = parents.sorted()
    self.hunks = hunks
  }

  /// Whether the hunks ascend without touching and stay within a text of `count` scalars.
  func fits(count: Int) -> Bool {
    var end = -1
    for hunk in hunks {
      guard hunk.position > end, hunk.position <= count, hunk.deleteCount >= 0,
        hunk.deleteCount <= count - hunk.position
      else { return false }
      end = hunk.position + hunk.deleteCount
    }
    return true
  }
}

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

/// One place of a text edit: an insertion there, then a deletion right behind it.
///
/// Position and count are Unicode scalars of the text as the hunks before this one leave it.
package struct Hunk: Hashable, Sendable {
  package let position: Int
  package let deleteCount: Int
  package let insert: String
  /// Ascending, within the insertion.
  package let restores: [Restoration]

  package init(
    position: Int,
    deleteCount: Int,
    insert: String,
    restores: [Restoration] = []
  ) {
    self.position = position
    self.deleteCount = deleteCount
    self.insert = insert
    self.restores = restores
  }
}

/// Scalars of an insertion that were in the text before: they have their old identity again, so that
/// what is anchored to them finds them.
package struct Restoration: Hashable, Sendable {
  /// Where in the insertion, scalars.
  package let range: Range<Int>
  /// Whose the first one is; the others follow it in the same edit.
  package let origin: ScalarOrigin

  package init(range: Range<Int>, origin: ScalarOrigin) {
    self.range = range
    self.origin = origin
  }
}

/// An edit of a text.
package struct TextEdit: Sendable {
  package let dot: Dot
  /// The edits that were the text's heads when this one was made, ascending; none for the first.
  package let parents: [Dot]
  /// One after another: each in the text as the ones before it leave it.
  package let hunks: [Hunk]

  package init(dot: Dot, parents: [Dot], hunks: [Hunk]) {
    self.dot = dot
    self.parents = parents.sorted()
    self.hunks = hunks
  }

  /// Whether each hunk stays within the text that it finds, the first one within a text of `count`
  /// scalars.
  func fits(count: Int) -> Bool {
    var count = count
    for hunk in hunks {
      guard hunk.position >= 0, hunk.position <= count, hunk.deleteCount >= 0,
        hunk.deleteCount <= count - hunk.position
      else { return false }
      count += hunk.insert.scalarCount - hunk.deleteCount
    }
    return true
  }
}

/// The identity of one scalar of a text: which edit inserted it (`nil`: it stood in the base), and
/// which scalar of that edit's insertions it is.
package struct ScalarOrigin: Hashable, Sendable {
  package let edit: Dot?
  package let offset: Int

  package init(edit: Dot?, offset: Int) {
    self.edit = edit
    self.offset = offset
  }
}

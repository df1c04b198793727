/// A text at rest: its plain content and the list of its edits.
///
/// An edit whose parents are exactly the heads is applied to the content as it stands; only
/// concurrent edits replay the history (``TextReplay``).
package struct TextState: Sendable {
  package let id: TextID
  /// The text before any edit.
  package let base: String
  /// In a causal order; equal sets of edits give equal content in any causal order.
  package private(set) var edits: [TextEdit]
  /// The edits that no other edit has as a parent, ascending.
  package private(set) var heads: [Dot]
  package private(set) var content: String

  /// A text that nobody edited yet.
  package init(id: TextID, base: String) {
    self.id = id
    self.base = base
    edits = []
    heads = []
    content = base
  }

  /// A text from its stored parts.
  package init(id: TextID, base: String, edits: [TextEdit], heads: [Dot], content: String) {
    self.id = id
    self.base = base
    self.edits = edits
    self.heads = heads
    self.content = content
  }

  /// Takes in an edit.
  ///
  /// One that names parents which are not edits of this text, or whose hunks don't fit the text of
  /// its parents, has no effect: it is no edit of this text, for everybody.
  mutating func apply(_ edit: TextEdit) {
    let known = Set(edits.map(\.dot))
    guard edit.parents.allSatisfy(known.contains) else { return }
    if edit.parents == heads {
      guard edit.fits(count: content.unicodeScalars.count) else { return }
      content = content.applying(edit.hunks)
      edits.append(edit)
    } else {
      let replay = TextReplay(base: base, edits: edits + [edit])
      guard !replay.misfits.contains(edit.dot) else { return }
      content = replay.content
      edits.append(edit)
    }
    heads.removeAll(where: edit.parents.contains)
    heads.append(edit.dot)
    heads.sort()
  }

  package var history: TextHistory { TextHistory(base: base, edits: edits) }

  /// Where every scalar of the content came from, in order.
  package var origins: [ScalarOrigin] {
    edits.isEmpty
      ? base.unicodeScalars.indices.enumerated().map { ScalarOrigin(edit: nil, offset: $0.offset) }
      : TextReplay(base: base, edits: edits).origins
  }
}

/// The identity of one scalar of a text: which edit inserted it (`nil`: it stood in the base), and
/// which scalar of that edit's inserted text it is.
package struct ScalarOrigin: Hashable, Sendable {
  package let edit: Dot?
  package let offset: Int

  package init(edit: Dot?, offset: Int) {
    self.edit = edit
    self.offset = offset
  }
}

extension String {
  /// The text after hunks that fit it.
  fileprivate func applying(_ hunks: [Hunk]) -> String {
    var scalars = Array(unicodeScalars)
    for hunk in hunks {
      scalars.replaceSubrange(
        hunk.position..<(hunk.position + hunk.deleteCount),
        with: hunk.insert.unicodeScalars
      )
    }
    var result = UnicodeScalarView()
    result.append(contentsOf: scalars)
    return String(result)
  }
}

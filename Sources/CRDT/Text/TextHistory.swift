/// A text with everything that was ever done to it.
package struct TextHistory: Sendable {
  /// The text before any edit.
  package let base: String
  /// Edits that took effect, in a causal order.
  package let edits: [TextEdit]

  package init(base: String, edits: [TextEdit]) {
    self.base = base
    self.edits = edits
  }

  /// Every scalar that was ever in the text, deleted ones too, in document order.
  package var spans: [TextSpan] {
    var replay = TextReplay(of: self)
    return replay.spans()
  }

  /// By edit: where its parents are in the list, as far as they come before it.
  ///
  /// - `places`: of all edits.
  func parentPlaces(_ places: [Dot: Int]) -> [[Int]] {
    edits.enumerated().map { place, edit in
      edit.parents.compactMap { places[$0] }.filter { $0 < place }
    }
  }

  /// Who every scalar of the text is, in order.
  package var identities: [ScalarOrigin] {
    spans.lazy.filter { !$0.isDeleted }.flatMap { span in
      (0..<span.text.scalarCount).map {
        ScalarOrigin(edit: span.identity.edit, offset: span.identity.offset + $0)
      }
    }
  }
}

/// Scalars in a row that one edit inserted and that fared alike since.
package struct TextSpan: Hashable, Sendable {
  /// Which edit inserted the first one (none: it stood in the base), and which scalar of its insertions
  /// it is; the others follow.
  package let inserted: ScalarOrigin
  /// Who the first one is: `inserted`, or the deleted scalar that it brings back; the others follow.
  package let identity: ScalarOrigin
  package let text: String
  /// The edits that deleted them, ascending; none: they are in the text.
  package let deletions: SharedDots

  package init(
    inserted: ScalarOrigin,
    identity: ScalarOrigin,
    text: String,
    deletions: SharedDots
  ) {
    self.inserted = inserted
    self.identity = identity
    self.text = text
    self.deletions = deletions
  }

  package var isDeleted: Bool { !deletions.isEmpty }
}

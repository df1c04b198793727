package import CRDT

/// What makes a new text of an old one.
///
/// Lines are compared first, then the words of lines that changed, then the scalars of words that
/// are much alike. So an edit reads as somebody would have made it: a paragraph is put in as a
/// paragraph, a word is replaced as a word, and a slip of the pen is one letter.
///
/// Laws, scalar for scalar:
///
///     difference(a, b) applied to a = b
///     difference(a, a) has no replacements
///
/// A pure insertion or deletion that could stand at several places stands at the last one, counted
/// in what it was found in: whole lines slide by lines, words by words. Two people who insert at one
/// place then mean the same place. Example: a list item put before `- b` in `- a`, `- b` is
/// the line `- new` with its own line break, not a line break and `- new` behind `- a`.
///
/// Not a shortest difference: small matches inside large changes are left out (``ChangeRefinement``),
/// and the search gives up on what is too different (``SequenceDifference``). Its time is bounded
/// for any two texts: less than a second for a megabyte each.
package struct TextDifference: Sendable {
  /// Scalars of the old text, and what stands in their place.
  package struct Replacement: Sendable {
    /// Scalars of the old text; empty for a pure insertion.
    package let range: Range<Int>
    package let insert: String

    package init(range: Range<Int>, insert: String) {
      self.range = range
      self.insert = insert
    }
  }

  /// Ascending; each begins behind the end of the one before, so that none touch.
  package let replacements: [Replacement]

  package init(from old: String, to new: String) {
    let new = Array(new.unicodeScalars)
    replacements = ChangeRefinement.changes(
      from: Array(old.unicodeScalars),
      to: new,
      grain: .scalars
    ).map { Replacement(range: $0.old, insert: String(scalars: new[$0.new])) }
  }

  /// The edit that makes the new text, as hunks one after another.
  package var hunks: [Hunk] { replacements.hunks }

  /// The text that the replacements make of the old one.
  package func applied(to old: String) -> String {
    let scalars = Array(old.unicodeScalars)
    var result = String.UnicodeScalarView()
    var place = 0
    for replacement in replacements {
      result.append(contentsOf: scalars[place..<replacement.range.lowerBound])
      result.append(contentsOf: replacement.insert.unicodeScalars)
      place = replacement.range.upperBound
    }
    result.append(contentsOf: scalars[place...])
    return String(result)
  }
}

extension String {
  init(scalars: some Sequence<Unicode.Scalar>) {
    var view = UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}

extension [TextDifference.Replacement] {
  /// The replacements, which are ascending, as hunks one after another.
  package var hunks: [Hunk] {
    var shift = 0
    return map { replacement in
      let position = replacement.range.lowerBound + shift
      shift += replacement.insert.scalarCount - replacement.range.count
      return Hunk(
        position: position,
        deleteCount: replacement.range.count,
        insert: replacement.insert
      )
    }
  }
}

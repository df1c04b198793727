/// What the edits of a text amount to, in bytes that they take up where texts are kept.
///
/// A few bytes on the wire can say a text of any size, so there is one that no text goes beyond,
/// alike for everybody. Normative: `Protocol/merge.md`, *Texts*.
package enum TextWeight {
  /// What the edits of a text that took effect may weigh together, bytes; beyond it the text is
  /// overfull.
  ///
  /// The largest version's body written anew 63 times; an article of 5 kB, 13,000 times.
  package static let limit = 64 << 20
  /// An edit by itself, and each parent that it names, bytes.
  private static let editByteCount = 32
  /// A hunk, and each of its restorations, bytes.
  private static let hunkByteCount = 16

  /// What an edit weighs, bytes.
  package static func of(_ edit: TextEdit) -> Int {
    of(edit.hunks, parentCount: edit.parents.count)
  }

  /// What an edit with these hunks weighs, bytes.
  package static func of(_ hunks: [Hunk], parentCount: Int) -> Int {
    hunks.reduce(editByteCount * (1 + parentCount)) { weight, hunk in
      weight + hunkByteCount * (1 + hunk.restores.count) + hunk.insert.utf8.count
    }
  }
}

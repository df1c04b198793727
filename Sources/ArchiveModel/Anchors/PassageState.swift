/// How sure it is where an annotation's passage stands in a text.
///
/// Wrong places never pass for right ones: what is in doubt is ``uncertain``.
package enum PassageState: String, Sendable, CaseIterable {
  /// The very characters stand there and read as quoted.
  case exact
  /// The place is certain, though the passage reads otherwise or consists of other characters:
  ///
  /// - our own edits changed it inside or took away an end of it; at least half of it is left, and
  ///   makes at least half of what stands there;
  /// - or it stands word for word in another version or at another place of the text, and either
  ///   nothing else there reads so or its surroundings tell which one it is.
  case moved
  /// Only something like it was found, or one of several that read so: a person should say.
  case uncertain
  /// Nothing like it is there.
  case orphan
}

/// Where an annotation's passage stands in a text.
package struct PassagePlace: Hashable, Sendable {
  package let state: PassageState
  /// Scalars of the text, not empty, from one grapheme cluster's begin to another's end; `nil` for
  /// an orphan.
  ///
  /// Of an uncertain passage the likeliest place.
  package let range: Range<Int>?

  package init(_ state: PassageState, _ range: Range<Int>) {
    self.state = state
    self.range = range
  }

  private init(orphan: ()) {
    state = .orphan
    range = nil
  }

  package static var orphan: Self { Self(orphan: ()) }
}

/// A place where an annotation's passage may stand.
package struct PassageCandidate: Hashable, Sendable {
  /// Scalars of the text.
  package let range: Range<Int>
  /// From 0 to 1; ``PassageScore``.
  package let score: Double

  package init(range: Range<Int>, score: Double) {
    self.range = range
    self.score = score
  }
}

/// The whole record of an article as its source published it: immutable, named by its hash.
///
/// An empty string means that the source does not say.
package struct ArticleVersion: Sendable {
  /// As the source or the importer calls it.
  package var source = ""
  package var sourceID = ""
  package var url = ""
  /// BCP 47.
  package var language = ""
  package var headline = ""
  package var byline = ""
  package var section = ""
  /// In body grammar 1 (``Body``).
  package var body = ""
  /// ISO 8601, as precise as known: `2019-09-16`, `2019-09-16T02:42:00` (zone unknown) or
  /// `2019-09-16T02:42:00Z`.
  package var published = ""
  /// As the source writes it, where that differs from ``published``.
  package var publishedRaw = ""
  package var modified = ""
  package var modifiedRaw = ""
  /// The source's own keywords.
  package var tags: [String] = []

  package init() {}
}

/// A passage as it reads, with up to 32 scalars on both sides.
package struct Quote: Sendable {
  package static let contextScalarCount = 32

  package let exact: String
  package let prefix: String
  package let suffix: String

  package init(exact: String, prefix: String, suffix: String) {
    self.exact = exact
    self.prefix = prefix
    self.suffix = suffix
  }

  /// The passage that these scalars of a text make.
  ///
  /// - `range`: not empty, within the text.
  package init(_ range: Range<Int>, of text: some Collection<Unicode.Scalar>) {
    let scalars = Array(text)
    exact = String(scalars: scalars[range])
    prefix = String(scalars: scalars[..<range.lowerBound].suffix(Self.contextScalarCount))
    suffix = String(scalars: scalars[range.upperBound...].prefix(Self.contextScalarCount))
  }

  /// Where a text contains a quotation word for word, as ranges of scalars.
  ///
  /// A place that would cut a grapheme cluster is none (Web Annotation Data Model, 4.2.4: a
  /// selection should not begin or end inside one).
  package static func occurrences(of quotation: String, in text: String) -> [Range<Int>] {
    WordForWordSearch(Array(quotation.unicodeScalars)).places(in: Array(text.unicodeScalars))
  }
}

/// How good a candidate for a passage is, from 0 to 1.
///
/// The weights are those of the Hypothesis client (`match-quote.ts`): what the passage reads counts
/// most, its surroundings less, where in the text it stands hardly.
enum PassageScore {
  private static let quoteWeight = 50.0
  private static let prefixWeight = 20.0
  private static let suffixWeight = 20.0
  private static let positionWeight = 2.0

  /// - `errors`: edits that make the quote of what stands there.
  /// - `expected`: where the passage would stand if nothing had changed, scalars; `nil`: unknown.
  static func score(
    errors: Int,
    of quote: Quote,
    at range: Range<Int>,
    in text: [Unicode.Scalar],
    expected: Int?
  ) -> Double {
    let context = PassageContext(quote, at: range, in: text)
    let count = max(1, quote.exact.unicodeScalars.count)
    let reading = 1 - Double(min(errors, count)) / Double(count)
    let distance = expected.map { Double(abs($0 - range.lowerBound)) / Double(max(1, text.count)) }
    let sum =
      quoteWeight * reading + prefixWeight * (context.prefix ?? 1)
      + suffixWeight * (context.suffix ?? 1) + positionWeight * (1 - min(1, distance ?? 1))
    return sum / (quoteWeight + prefixWeight + suffixWeight + positionWeight)
  }
}

/// How well the surroundings of a place agree with those of a quote.
struct PassageContext {
  /// How much of the quote's prefix stands before the place, 0 to 1; `nil` where the quote has none.
  let prefix: Double?
  /// How much of the quote's suffix stands behind it.
  let suffix: Double?
  /// Scalars of the surroundings that agree: up to 64, 0 where they agree no better than
  /// any two texts of one language do.
  let evidence: Double
  /// Whether there are any and all of them agree.
  var agreesWholly: Bool { evidence > 0 && (prefix ?? 1) == 1 && (suffix ?? 1) == 1 }

  /// Letters, spaces and common words make any two texts alike to about a third; only what is above
  /// half says anything.
  private static let chanceLikeness = 0.5
  /// How far surroundings may have been pushed away by what was put in, scalars.
  private static let slack = 8

  init(_ quote: Quote, at range: Range<Int>, in text: [Unicode.Scalar]) {
    let (before, after) = (quote.prefix.unicodeScalars, quote.suffix.unicodeScalars)
    prefix = Self.likeness(
      Array(before.reversed()),
      Array(text[..<range.lowerBound].suffix(before.count + Self.slack).reversed())
    )
    suffix = Self.likeness(
      Array(after),
      Array(text[range.upperBound...].prefix(after.count + Self.slack))
    )
    evidence =
      Self.evidence(prefix, count: before.count) + Self.evidence(suffix, count: after.count)
  }

  private static func likeness(_ wanted: [Unicode.Scalar], _ found: [Unicode.Scalar]) -> Double? {
    guard !wanted.isEmpty else { return nil }
    let errors = EditDistance.toBeginnings(of: found, from: wanted).min() ?? wanted.count
    return 1 - Double(min(errors, wanted.count)) / Double(wanted.count)
  }

  private static func evidence(_ likeness: Double?, count: Int) -> Double {
    max(0, (likeness ?? 0) - chanceLikeness) / (1 - chanceLikeness) * Double(count)
  }
}

/// Looks for a quoted passage in a text, word for word and by likeness.
struct PassageSearch {
  let text: [Unicode.Scalar]

  /// A quote of this many scalars does not stand in a text by chance.
  private static let tellingCount = 24
  /// Scalars of surroundings that must agree for a place to be told by them: half of one side.
  private static let tellingEvidence = 16.0
  /// How many more must agree at a place than at any other.
  private static let tellingMargin = 8.0
  /// Of more places that read as quoted, only these many nearest ones are compared.
  private static let placeLimit = 64
  /// Longer quotes are looked for word for word only: the search by likeness costs the product
  /// of both lengths, and 32 words of 64 rows in a megabyte take a quarter of a second.
  private static let likenessCountLimit = 2048
  /// Most errors of a likeness, as in the Hypothesis client; at most half of the quote in any case.
  private static let errorLimit = 256
  /// How many candidates a person is shown.
  private static let candidateLimit = 5
  /// What scores less is not like the passage: half of the words at another place come to 0.3, other
  /// words at the old place to 0.5.
  private static let leastScore = 0.5

  /// A place where the text reads as quoted.
  struct Occurrence {
    let range: Range<Int>
    let context: PassageContext

    var evidence: Double { context.evidence }
  }

  /// The places that read as quoted; of very many, those nearest to `expected`.
  func occurrences(of quote: Quote, expected: Int?) -> [Occurrence] {
    let places = WordForWordSearch(Array(quote.exact.unicodeScalars)).places(in: text)
    let near =
      places.count <= Self.placeLimit
      ? places
      : Array(
        places.sorted {
          abs($0.lowerBound - (expected ?? 0)) < abs($1.lowerBound - (expected ?? 0))
        }.prefix(Self.placeLimit)
      )
    return near.map {
      Occurrence(range: $0, context: PassageContext(quote, at: $0, in: text))
    }
  }

  /// The one of several occurrences that is certainly the passage, if one is.
  ///
  /// The only one is, where it is long enough or its surroundings agree; of several, one whose
  /// surroundings agree and clearly better than those of any other. It must be one that `mayBe`
  /// allows; the others count as others all the same.
  func certain(
    among occurrences: [Occurrence],
    of quote: Quote,
    where mayBe: (Occurrence) -> Bool
  ) -> Range<Int>? {
    guard let best = occurrences.max(by: { $0.evidence < $1.evidence }), mayBe(best) else {
      return nil
    }
    if occurrences.count == 1 {
      let isTelling = quote.exact.unicodeScalars.count >= Self.tellingCount
      return isTelling || best.evidence >= Self.tellingEvidence ? best.range : nil
    }
    let others = occurrences.filter { $0.range != best.range }.map(\.evidence)
    let margin = best.evidence - (others.max() ?? 0)
    return best.evidence >= Self.tellingEvidence && margin >= Self.tellingMargin
      ? best.range : nil
  }

  /// Whether it is no chance that an occurrence, found where it was expected, reads as quoted.
  func isTelling(_ occurrence: Occurrence, of quote: Quote) -> Bool {
    quote.exact.unicodeScalars.count >= Self.tellingCount
      || occurrence.evidence >= Self.tellingMargin || occurrence.context.agreesWholly
  }

  /// Whether the surroundings of an occurrence agree.
  func isTold(_ occurrence: Occurrence) -> Bool { occurrence.evidence >= Self.tellingEvidence }

  /// Places where the passage may stand, the best first; at most five, not overlapping.
  ///
  /// - `expected`: where it would stand if nothing had changed; `nil`: unknown.
  /// - `more`: other places to consider.
  func candidates(
    for quote: Quote,
    expected: Int?,
    more: [Range<Int>] = []
  ) -> [PassageCandidate] {
    let wanted = Array(quote.exact.unicodeScalars)
    let places =
      occurrences(of: quote, expected: expected).map { ($0.range, 0) }
      + more.map { ($0, errors(of: wanted, at: $0)) } + alike(wanted)
    let candidates = places.map { range, errors in
      PassageCandidate(
        range: range,
        score: PassageScore.score(
          errors: errors,
          of: quote,
          at: range,
          in: text,
          expected: expected
        )
      )
    }.sorted { ($1.score, $0.range.lowerBound) < ($0.score, $1.range.lowerBound) }
    var chosen: [PassageCandidate] = []
    for candidate in candidates where candidate.score >= Self.leastScore {
      guard chosen.count < Self.candidateLimit else { break }
      if !chosen.contains(where: { $0.range.overlaps(candidate.range) }) {
        chosen.append(candidate)
      }
    }
    return chosen
  }

  /// The best candidate, which a person should look at, or none.
  func uncertainPlace(for quote: Quote, expected: Int?, more: [Range<Int>] = []) -> PassagePlace {
    guard let best = candidates(for: quote, expected: expected, more: more).first else {
      return .orphan
    }
    return PassagePlace(.uncertain, best.range)
  }

  private func errors(of wanted: [Unicode.Scalar], at range: Range<Int>) -> Int {
    guard max(wanted.count, range.count) <= Self.likenessCountLimit else {
      // Too long to count: no more than half may be wrong, or it would not be given.
      return wanted.count / 2
    }
    return EditDistance.toBeginnings(of: text[range], from: wanted).last ?? wanted.count
  }

  /// The best places by likeness.
  private func alike(_ wanted: [Unicode.Scalar]) -> [(Range<Int>, Int)] {
    guard !wanted.isEmpty, wanted.count <= Self.likenessCountLimit else { return [] }
    let limit = min(Self.errorLimit, wanted.count / 2)
    let endings = ApproximateSearch(wanted).endings(in: text, errorLimit: limit)
    return Self.best(endings, apart: max(1, wanted.count / 2)).map { ending in
      let found = text[..<ending.end].suffix(wanted.count + ending.errors)
      let distances = EditDistance.toBeginnings(
        of: found.reversed(),
        from: wanted.reversed()
      )
      // Of several beginnings with as few errors the one nearest to the quote's own length.
      let count =
        distances.indices.filter { distances[$0] == ending.errors }
        .min { abs($0 - wanted.count) < abs($1 - wanted.count) } ?? wanted.count
      let range = ending.end - min(count, ending.end)..<ending.end
      return (GraphemeEdges.outward(range, in: text), ending.errors)
    }.filter { !$0.0.isEmpty }
  }

  /// Of endings that stand close together the best, and of those the best few.
  private static func best(
    _ endings: [ApproximateSearch.Ending],
    apart distance: Int
  ) -> [ApproximateSearch.Ending] {
    var best: [ApproximateSearch.Ending] = []
    for ending in endings {
      if let last = best.last, ending.end - last.end < distance {
        if ending.errors < last.errors { best[best.count - 1] = ending }
      } else {
        best.append(ending)
      }
    }
    return Array(best.sorted { $0.errors < $1.errors }.prefix(candidateLimit))
  }
}

package import CRDT

/// A text in which passages are found by the identity of their first and last scalar.
///
/// Made once for a text and asked for many passages.
package struct PassageText: Sendable {
  /// The text as it reads.
  package let content: [Unicode.Scalar]
  private let spans: [Span]
  /// By the edit of the identity (`nil`: the base): the spans, in document order.
  private let spansByEdit: [Dot?: [Int]]

  private struct Span {
    let identity: ScalarOrigin
    let inserted: Dot?
    let count: Int
    let deletions: SharedDots
    /// Scalars before it that were ever in the text.
    let order: Int
    /// Scalars before it that are in the text.
    let position: Int

    var isLive: Bool { deletions.isEmpty }

    /// Scalars up to its end that are in the text.
    var end: Int { isLive ? position + count : position }
  }

  /// One scalar that was ever in the text.
  private struct Place {
    let order: Int
    /// Scalars before it that are in the text.
    let position: Int
    let isLive: Bool

    /// Where in the text a passage ends whose last scalar this is.
    var end: Int { isLive ? position + 1 : position }
  }

  /// How many copies of one scalar are looked at: as many as there were undos of its deletion that
  /// did not know of each other.
  private static let copyLimit = 32

  /// A text and all that ever was in it, in document order.
  package init(_ spans: [TextSpan]) {
    var content: [Unicode.Scalar] = []
    var all: [Span] = []
    var spansByEdit: [Dot?: [Int]] = [:]
    var order = 0
    for span in spans {
      let scalars = span.text.unicodeScalars
      let count = scalars.count
      spansByEdit[span.identity.edit, default: []].append(all.count)
      all.append(
        Span(
          identity: span.identity,
          inserted: span.inserted.edit,
          count: count,
          deletions: span.deletions,
          order: order,
          position: content.count
        )
      )
      order += count
      if !span.isDeleted { content.append(contentsOf: scalars) }
    }
    self.content = content
    self.spans = all
    self.spansByEdit = spansByEdit
  }

  /// A text that nobody edited.
  package init(_ text: String) {
    let origin = ScalarOrigin(edit: nil, offset: 0)
    self.init([TextSpan(inserted: origin, identity: origin, text: text, deletions: [])])
  }

  /// Where a passage of this text stands now, after all edits of it.
  ///
  /// The passage is what stands between its first and its last scalar. What is put in before the
  /// first or behind the last one is not part of it. Where one of them was deleted, the passage
  /// ends with what is left of the quote: what was put in where it ended does not join it. After
  /// concurrent undos a scalar may stand there several times; the first and last scalar are then
  /// taken so that the passage reads as quoted, else so that it is shortest, else the foremost.
  ///
  /// Where the text still reads as quoted around there, that is the passage. Where less than half of
  /// it is left, or less than half of what stands there is of it, it may have been moved: to where
  /// it reads word for word in what was put in by an edit that took it away, or elsewhere in what
  /// was put in and among the old surroundings. Where more is left and it reads word for word at
  /// such a place too, a person has to say: the sentence may have been moved, or quoted in
  /// a correction of it.
  package func place(of passage: AnnotationTarget.Passage) -> PassagePlace {
    let search = PassageSearch(text: content)
    guard let (first, last) = ends(of: passage) else {
      return search.uncertainPlace(for: passage.quote, expected: nil)
    }
    let quote = Array(passage.quote.exact.unicodeScalars)
    let range = first.position..<last.end
    if first.isLive, last.isLive {
      let whole = GraphemeEdges.outward(range, in: content)
      if content[whole].elementsEqual(quote) { return PassagePlace(.exact, whole) }
    }
    let occurrences = search.occurrences(of: passage.quote, expected: range.lowerBound)
    let around = occurrences.filter { $0.range.overlaps(range) }
    if around.count == 1 { return PassagePlace(.moved, around[0].range) }
    let remainder = Remainder(of: quote, in: range, of: content)
    let left = remainder.trimmed(range, keepsFirst: first.isLive, keepsLast: last.isLive)
    let takers = deleters(first.order..<last.order + 1)
    let other = search.certain(among: occurrences, of: passage.quote) {
      mayBe($0, passage, movedBy: takers, search)
    }
    guard !left.isEmpty else {
      return other.map { PassagePlace(.moved, $0) }
        ?? search.uncertainPlace(for: passage.quote, expected: range.lowerBound)
    }
    switch (2 * remainder.keptCount >= max(quote.count, left.count), other) {
    case (true, nil): return PassagePlace(.moved, GraphemeEdges.outward(left, in: content))
    case (false, let other?): return PassagePlace(.moved, other)
    case (true, _?), (false, nil):
      return PassagePlace(.uncertain, GraphemeEdges.outward(left, in: content))
    }
  }

  /// Places where the passage may stand, the best first; at most five.
  package func candidates(for passage: AnnotationTarget.Passage) -> [PassageCandidate] {
    PassageSearch(text: content)
      .candidates(for: passage.quote, expected: ends(of: passage)?.first.position)
  }

  /// The passage of a range, to be held by identity.
  ///
  /// - `range`: scalars of the text, not empty.
  package func passage(_ range: Range<Int>) -> AnnotationTarget.Passage? {
    guard let first = identity(at: range.lowerBound), let last = identity(at: range.upperBound - 1)
    else { return nil }
    return AnnotationTarget.Passage(first: first, last: last, quote: Quote(range, of: content))
  }

  private func identity(at position: Int) -> ScalarOrigin? {
    let place = spans.partitioningIndex { $0.end > position }
    guard place < spans.count else { return nil }
    let span = spans[place]
    return ScalarOrigin(
      edit: span.identity.edit,
      offset: span.identity.offset + position - span.position
    )
  }

  /// Every copy of a scalar, those in the text first, then in document order.
  private func places(of origin: ScalarOrigin) -> [Place] {
    let found = (spansByEdit[origin.edit] ?? []).lazy.map { spans[$0] }
      .filter {
        origin.offset >= $0.identity.offset && origin.offset - $0.identity.offset < $0.count
      }
      .map { span in
        let offset = origin.offset - span.identity.offset
        return Place(
          order: span.order + offset,
          position: span.position + (span.isLive ? offset : 0),
          isLive: span.isLive
        )
      }
    return Array((found.filter(\.isLive) + found.filter { !$0.isLive }).prefix(Self.copyLimit))
  }

  private func ends(of passage: AnnotationTarget.Passage) -> (first: Place, last: Place)? {
    let pairs = places(of: passage.first).flatMap { first in
      places(of: passage.last).filter { first.order <= $0.order }.map { (first: first, last: $0) }
    }
    guard pairs.count > 1 else { return pairs.first }
    let quote = Array(passage.quote.exact.unicodeScalars)
    func rank(_ pair: (first: Place, last: Place)) -> (Int, Int, Int, Int) {
      let liveCount = (pair.first.isLive ? 1 : 0) + (pair.last.isLive ? 1 : 0)
      let range = pair.first.position..<pair.last.end
      let reads = range.count == quote.count && content[range].elementsEqual(quote)
      return (-liveCount, reads ? 0 : 1, pair.last.order - pair.first.order, pair.first.order)
    }
    return pairs.min { rank($0) < rank($1) }
  }

  /// Whether the passage may have been moved to where the text reads as quoted.
  ///
  /// - `takers`: the edits that took away scalars of the passage.
  private func mayBe(
    _ occurrence: PassageSearch.Occurrence,
    _ passage: AnnotationTarget.Passage,
    movedBy takers: Set<Dot?>,
    _ search: PassageSearch
  ) -> Bool {
    let inserters = inserters(occurrence.range)
    if !inserters.isDisjoint(with: takers) { return true }
    let isOld = inserters.isSubset(of: [passage.first.edit, passage.last.edit, nil])
    return !isOld && search.isTold(occurrence)
  }

  /// The edits that deleted scalars in a stretch of all that ever was.
  private func deleters(_ orders: Range<Int>) -> Set<Dot?> {
    let first = spans.partitioningIndex { $0.order + $0.count > orders.lowerBound }
    return spans[first...].prefix { $0.order < orders.upperBound }
      .reduce(into: []) { $0.formUnion($1.deletions.map(Optional.some)) }
  }

  /// The edits that put in the scalars of a range of the text.
  private func inserters(_ range: Range<Int>) -> Set<Dot?> {
    let first = spans.partitioningIndex { $0.end > range.lowerBound }
    return spans[first...].prefix { $0.position < range.upperBound }
      .filter(\.isLive).reduce(into: []) { $0.insert($1.inserted) }
  }
}

/// What is left of a quote between two ends.
private struct Remainder {
  /// Scalars of the quote that are still there.
  let keptCount: Int
  /// From the first to the last of them, scalars of the text.
  private let kept: Range<Int>

  init(of quote: [Unicode.Scalar], in range: Range<Int>, of text: [Unicode.Scalar]) {
    let changes = ChangeRefinement.changes(
      from: quote,
      to: Array(text[range]),
      grain: .scalars
    )
    keptCount = quote.count - changes.reduce(0) { $0 + $1.old.count }
    var (lower, upper) = (range.lowerBound, range.upperBound)
    if let first = changes.first, first.old.lowerBound == 0 { lower += first.new.upperBound }
    if let last = changes.last, last.old.upperBound == quote.count {
      upper = range.lowerBound + last.new.lowerBound
    }
    while lower < upper, text[lower].properties.isWhitespace { lower += 1 }
    while lower < upper, text[upper - 1].properties.isWhitespace { upper -= 1 }
    kept = lower..<max(lower, upper)
  }

  /// The range without what does not belong to the quote at an end that is gone.
  func trimmed(_ range: Range<Int>, keepsFirst: Bool, keepsLast: Bool) -> Range<Int> {
    if keepsFirst, keepsLast { return range }
    guard keptCount > 0, !kept.isEmpty else { return range.lowerBound..<range.lowerBound }
    let lower = keepsFirst ? range.lowerBound : kept.lowerBound
    let upper = keepsLast ? range.upperBound : kept.upperBound
    return lower..<upper
  }
}

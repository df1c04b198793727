/// Passages of one version of a text carried over to another one, which came from outside.
///
/// Made once for two texts and asked for many passages. Derived: only what a person confirms is an
/// operation.
package struct CarriedPassages: Sendable {
  private let old: [Unicode.Scalar]
  private let search: PassageSearch
  /// Ascending stretches that both texts have in common, as the difference sees it.
  private let kept: [Kept]

  private struct Kept {
    let old: Range<Int>
    let new: Range<Int>
  }

  package init(from old: String, to new: String) {
    self.old = Array(old.unicodeScalars)
    search = PassageSearch(text: Array(new.unicodeScalars))
    var kept: [Kept] = []
    var (oldStart, newStart) = (0, 0)
    let changes = ChangeRefinement.changes(from: self.old, to: search.text, grain: .scalars)
    for change in changes + [Change(endOf: self.old, search.text)] {
      if oldStart < change.old.lowerBound {
        kept.append(
          Kept(
            old: oldStart..<change.old.lowerBound,
            new: newStart..<change.new.lowerBound
          )
        )
      }
      (oldStart, newStart) = (change.old.upperBound, change.new.upperBound)
    }
    self.kept = kept
  }

  /// Where a passage of the old text stands in the new one.
  ///
  /// - `range`: scalars of the old text, not empty, where the passage certainly is; `nil` when it
  ///   is not there or that is uncertain.
  /// - `quote`: the passage as it was quoted; what the old text reads there counts where `range` is
  ///   given.
  package func place(of range: Range<Int>?, quote: Quote) -> PassagePlace {
    guard let range else { return place(of: quote) }
    let quote = Quote(range, of: old)
    let image = image(of: range)
    let occurrences = search.occurrences(of: quote, expected: image.expected)
    if let whole = occurrences.first(where: { image.isWhole && $0.range == image.range }) {
      let isSure =
        occurrences.count == 1 || search.isTold(whole)
        || occurrences.allSatisfy { $0.range == whole.range || isImageOfOther($0.range, range) }
      if isSure, search.isTelling(whole, of: quote) { return PassagePlace(.moved, whole.range) }
    }
    let certain = search.certain(among: occurrences, of: quote) {
      !isImageOfOther($0.range, range)
    }
    if let certain { return PassagePlace(.moved, certain) }
    return search.uncertainPlace(for: quote, expected: image.expected, more: image.likelyRanges)
  }

  /// Places where the passage may stand in the new text, the best first; at most five.
  ///
  /// - `range`, `quote`: as for ``place(of:quote:)``.
  package func candidates(for range: Range<Int>?, quote: Quote) -> [PassageCandidate] {
    guard let range else { return search.candidates(for: quote, expected: nil) }
    let image = image(of: range)
    return search.candidates(
      for: Quote(range, of: old),
      expected: image.expected,
      more: image.likelyRanges
    )
  }

  private func place(of quote: Quote) -> PassagePlace {
    let occurrences = search.occurrences(of: quote, expected: nil)
    if let certain = search.certain(among: occurrences, of: quote, where: { _ in true }) {
      return PassagePlace(.moved, certain)
    }
    return search.uncertainPlace(for: quote, expected: nil)
  }

  /// What became of a passage, as the difference sees it.
  private struct Image {
    /// From the first to the last scalar of the passage that both texts have; empty for none.
    var range: Range<Int>
    var keptCount: Int
    /// Where the passage would begin if nothing of it had changed.
    var expected: Int
    let passageCount: Int

    /// Whether the passage was neither changed nor parted.
    var isWhole: Bool { keptCount == passageCount && range.count == passageCount }

    /// The range, where at least half of the passage is in it.
    var likelyRanges: [Range<Int>] { 2 * keptCount >= passageCount ? [range] : [] }
  }

  private func image(of range: Range<Int>) -> Image {
    let first = kept.partitioningIndex { $0.old.upperBound > range.lowerBound }
    let expected =
      first < kept.count && kept[first].old.lowerBound <= range.lowerBound
      ? kept[first].new.lowerBound + range.lowerBound - kept[first].old.lowerBound
      : (first > 0 ? kept[first - 1].new.upperBound : 0)
    var image = Image(
      range: expected..<expected,
      keptCount: 0,
      expected: expected,
      passageCount: range.count
    )
    for stretch in kept[first...].prefix(while: { $0.old.lowerBound < range.upperBound }) {
      let common = stretch.old.clamped(to: range)
      let start = stretch.new.lowerBound + common.lowerBound - stretch.old.lowerBound
      let lower = image.keptCount == 0 ? start : image.range.lowerBound
      image.range = lower..<start + common.count
      image.keptCount += common.count
    }
    image.range = GraphemeEdges.outward(image.range, in: search.text)
    return image
  }

  /// Whether a place in the new text is, for the better part, the image of something else than
  /// this range of the old one.
  private func isImageOfOther(_ place: Range<Int>, _ range: Range<Int>) -> Bool {
    let first = kept.partitioningIndex { $0.new.upperBound > place.lowerBound }
    let otherCount = kept[first...].prefix { $0.new.lowerBound < place.upperBound }
      .reduce(0) { count, stretch in
        let common = stretch.new.clamped(to: place)
        let start = stretch.old.lowerBound + common.lowerBound - stretch.new.lowerBound
        let own = (start..<start + common.count).clamped(to: range)
        return count + common.count - own.count
      }
    return 2 * otherCount > place.count
  }
}

import ArchiveModel
import SyncSimulation
import Testing

@Suite struct ApproximateSearchTests {
  /// What the search is to find, by the whole table of edit distances.
  private func naiveEndings(
    of pattern: [Unicode.Scalar],
    in text: [Unicode.Scalar],
    errorLimit: Int
  ) -> [ApproximateSearch.Ending] {
    var column = Array(0...pattern.count)
    var endings: [ApproximateSearch.Ending] = []
    for (place, scalar) in text.enumerated() {
      var next = [0]
      for (row, wanted) in pattern.enumerated() {
        next.append(
          min(column[row] + (wanted == scalar ? 0 : 1), column[row + 1] + 1, next[row] + 1)
        )
      }
      column = next
      if column[pattern.count] <= errorLimit {
        endings.append(ApproximateSearch.Ending(end: place + 1, errors: column[pattern.count]))
      }
    }
    return endings
  }

  @Test(arguments: Seeds.first(500))
  func `finds what the table of distances has`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let alphabets: [[Unicode.Scalar]] = [
      ["a", "b"], ["a", "b", "c", " "], ["م", "\u{301}", "漢", "\u{1F469}"],
    ]
    let alphabet = alphabets[Int.random(in: alphabets.indices, using: &random)]
    func scalars(_ count: Int) -> [Unicode.Scalar] {
      (0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] }
    }
    // Around the blocks of 64 rows.
    let counts = [1, 2, 5, 63, 64, 65, 127, 128, 130, 200]
    let pattern = scalars(counts[Int.random(in: counts.indices, using: &random)])
    var text = scalars(Int.random(in: 0...150, using: &random))
    var copy = pattern
    for _ in 0..<Int.random(in: 0...6, using: &random) where !copy.isEmpty {
      let place = Int.random(in: copy.indices, using: &random)
      let end = min(copy.count, place + Int.random(in: 0...2, using: &random))
      copy.replaceSubrange(place..<end, with: scalars(Int.random(in: 0...2, using: &random)))
    }
    text += copy + scalars(Int.random(in: 0...150, using: &random))
    for limit in Set([0, pattern.count / 10, pattern.count / 3, pattern.count / 2]) {
      #expect(
        ApproximateSearch(pattern).endings(in: text, errorLimit: limit)
          == naiveEndings(of: pattern, in: text, errorLimit: limit)
      )
    }
  }
}

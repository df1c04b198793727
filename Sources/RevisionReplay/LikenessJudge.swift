/// Says whether what stands at a place is a sentence, changed.
///
/// Works apart from what it judges: by the table of edit distances and by common pieces. Between any
/// two sentences of one language mostly three quarters of the scalars are wrong, and common pieces
/// are rare.
enum LikenessJudge {
  /// A shorter piece is common by chance, scalars.
  private static let leastPieceCount = 4

  /// Whether at most half of the sentence's scalars are wrong there, at least half of it stands there
  /// in pieces, or what stands there is a quarter of it or more and consists of its pieces for three
  /// quarters.
  static func accepts(
    _ found: ArraySlice<Unicode.Scalar>,
    as sentence: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    if 2 * distance(sentence, found) <= sentence.count { return true }
    let common = pieces(Array(sentence), Array(found))
    return 2 * common >= sentence.count
      || 4 * found.count >= sentence.count && 4 * common >= 3 * found.count
  }

  private static func distance(
    _ left: ArraySlice<Unicode.Scalar>,
    _ right: ArraySlice<Unicode.Scalar>
  ) -> Int {
    var distances = Array(0...right.count)
    for (row, wanted) in left.enumerated() {
      var diagonal = row
      distances[0] = row + 1
      for (column, scalar) in right.enumerated() {
        let changed = diagonal + (wanted == scalar ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = min(changed, diagonal + 1, distances[column] + 1)
      }
    }
    return distances[right.count]
  }

  /// How many scalars two texts have in common.
  ///
  /// The longest common piece and, likewise, what is left of it on both sides: J. Ratcliff & D.
  /// Metzener, "Pattern Matching: The Gestalt Approach", 1988.
  private static func pieces(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var best = (count: 0, left: 0, right: 0)
    var counts = Array(repeating: 0, count: right.count + 1)
    for (row, wanted) in left.enumerated() {
      var diagonal = 0
      for (column, scalar) in right.enumerated() {
        let count = wanted == scalar ? diagonal + 1 : 0
        diagonal = counts[column + 1]
        counts[column + 1] = count
        if count > best.count { best = (count, row + 1, column + 1) }
      }
    }
    guard best.count >= leastPieceCount else { return 0 }
    let before = pieces(
      Array(left[..<(best.left - best.count)]),
      Array(right[..<(best.right - best.count)])
    )
    return before + best.count + pieces(Array(left[best.left...]), Array(right[best.right...]))
  }
}

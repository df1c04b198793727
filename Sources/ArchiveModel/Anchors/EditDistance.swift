/// Edit distance with insertions, deletions and replacements of scalars, by dynamic programming.
///
/// For short texts: time and steps are the product of the lengths.
enum EditDistance {
  /// The distances of a pattern from every beginning of a text, the empty one first.
  static func toBeginnings(
    of text: some Collection<Unicode.Scalar>,
    from pattern: some Collection<Unicode.Scalar>
  ) -> [Int] {
    var distances = Array(0...text.count)
    for (row, wanted) in pattern.enumerated() {
      var diagonal = row
      distances[0] = row + 1
      for (column, scalar) in text.enumerated() {
        let replaced = diagonal + (scalar == wanted ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
      }
    }
    return distances
  }
}

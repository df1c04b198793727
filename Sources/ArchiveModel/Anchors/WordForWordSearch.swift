/// Finds a sequence of scalars in a text, in time proportional to both lengths: Knuth, Morris & Pratt,
/// "Fast Pattern Matching in Strings", SIAM Journal on Computing 1977.
struct WordForWordSearch {
  private let wanted: [Unicode.Scalar]
  /// How many scalars of `wanted` still match when the one behind the first n does not.
  private let borders: [Int]

  init(_ wanted: [Unicode.Scalar]) {
    self.wanted = wanted
    var borders = Array(repeating: 0, count: wanted.count + 1)
    var matched = 0
    for place in wanted.indices.dropFirst() {
      while matched > 0, wanted[place] != wanted[matched] { matched = borders[matched] }
      if wanted[place] == wanted[matched] { matched += 1 }
      borders[place + 1] = matched
    }
    self.borders = borders
  }

  /// All places, also such as overlap, that cut no grapheme cluster, ascending.
  ///
  /// (Web Annotation Data Model, 4.2.4: a selection should not begin or end inside one.)
  func places(in text: [Unicode.Scalar]) -> [Range<Int>] {
    guard !wanted.isEmpty else { return [] }
    var places: [Range<Int>] = []
    var matched = 0
    for place in text.indices {
      let scalar = text[place]
      while matched > 0, matched == wanted.count || scalar != wanted[matched] {
        matched = borders[matched]
      }
      if scalar == wanted[matched] { matched += 1 }
      guard matched == wanted.count else { continue }
      let range = place + 1 - matched..<place + 1
      if GraphemeEdges.isEdge(range.lowerBound, in: text),
        GraphemeEdges.isEdge(range.upperBound, in: text)
      {
        places.append(range)
      }
    }
    return places
  }
}

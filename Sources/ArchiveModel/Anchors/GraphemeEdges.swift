/// Where a text may be cut without cutting a grapheme cluster.
///
/// Looks at a few scalars before the place only, up to where a cluster surely begins.
enum GraphemeEdges {
  /// Whether a cluster begins here, or the text ends.
  static func isEdge(_ place: Int, in text: [Unicode.Scalar]) -> Bool {
    edge(before: place, in: text) == place
  }

  /// The range and what is missing of the clusters at its ends.
  ///
  /// A mark that was put on a passage's last letter belongs to the passage: without the letter
  /// the passage would lose a character of its own.
  static func outward(_ range: Range<Int>, in text: [Unicode.Scalar]) -> Range<Int> {
    var end = range.upperBound
    while !isEdge(end, in: text) { end += 1 }
    return edge(before: range.lowerBound, in: text)..<end
  }

  /// The last cluster's begin at or before a place.
  private static func edge(before place: Int, in text: [Unicode.Scalar]) -> Int {
    guard place > 0, place < text.count else { return place }
    if isPlainEdge(place, in: text) { return place }
    var start = place - 1
    while start > 0, !isPlainEdge(start, in: text) { start -= 1 }
    // Whether there is an edge before a scalar depends on this one and those before it.
    var edge = start
    for cluster in String(scalars: text[start...place]) {
      let next = edge + cluster.unicodeScalars.count
      guard next <= place else { break }
      edge = next
    }
    return edge
  }

  /// Whether two neighbours alone say that a cluster begins between them (UAX #29).
  ///
  /// So it is between ASCII scalars, CR LF apart, and between a space and a letter that is no
  /// mark: U+0E33 and U+0EB3 are the letters that join to what stands before them.
  private static func isPlainEdge(_ place: Int, in text: [Unicode.Scalar]) -> Bool {
    let (left, right) = (text[place - 1], text[place])
    if left == "\n" { return true }
    if left.isASCII, right.isASCII { return left != "\r" || right != "\n" }
    guard left == " ", right != "\u{0E33}", right != "\u{0EB3}" else { return false }
    let properties = right.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter:
      return !properties.isGraphemeExtend
    default: return false
    }
  }
}

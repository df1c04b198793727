/// Sentences of a text to be highlighted.
package enum Sentences {
  /// Shorter ones are not sentences, scalars.
  private static let leastCount = 30

  /// The sentences that occur once in the text, as ranges of scalars.
  ///
  /// A sentence begins behind spaces and ends with its line or with `.`, `?` or `!` and a space.
  package static func unique(in text: [Unicode.Scalar]) -> [Range<Int>] {
    all(in: text).filter { range in
      range.count >= leastCount && places(of: text[range], in: text).count == 1
    }
  }

  /// Where a text has these scalars; the plainest search.
  package static func places(
    of wanted: ArraySlice<Unicode.Scalar>,
    in text: [Unicode.Scalar]
  ) -> [Range<Int>] {
    guard let first = wanted.first, wanted.count <= text.count else { return [] }
    return (0...text.count - wanted.count).filter {
      text[$0] == first && text[$0..<$0 + wanted.count].elementsEqual(wanted)
    }.map { $0..<$0 + wanted.count }
  }

  private static func all(in text: [Unicode.Scalar]) -> [Range<Int>] {
    var sentences: [Range<Int>] = []
    var start = 0
    for place in text.indices {
      if text[place] == " ", start == place {
        start = place + 1
        continue
      }
      let endsLine = text[place] == "\n"
      let endsSentence =
        text[place] == " " && ".?!".unicodeScalars.contains(text[place - 1])
      guard endsLine || endsSentence else { continue }
      if start < place { sentences.append(start..<place) }
      start = place + 1
    }
    if start < text.count { sentences.append(start..<text.count) }
    return sentences
  }
}

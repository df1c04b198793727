extension Body {
  /// The blocks of a body as they are written, with their prefixes.
  static func paragraphs(of text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    return ranges(ofBlocksIn: scalars).map { String(scalars: scalars[$0]) }
  }

  /// Where the blocks of a body stand, in scalars.
  static func ranges(ofBlocksIn scalars: [Unicode.Scalar]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var isOpen = false
    var start = 0
    while start <= scalars.count {
      let end = scalars[start...].firstIndex(of: "\n") ?? scalars.count
      if scalars[start..<end].allSatisfy({ $0 == " " || $0 == "\t" }) {
        isOpen = false
      } else if isOpen, let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(start..<end)
        isOpen = true
      }
      start = end + 1
    }
    return ranges
  }
}

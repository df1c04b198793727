/// Cuts a text into words, spaces, line breaks and single other characters.
///
/// What a word is decides only how a difference reads, never what a merge makes of it. A mark, a
/// joiner or a modifier stays with what it belongs to, so that a token holds whole characters in
/// all but contrived texts. In scripts that write no spaces every character is a word.
struct WordScanner {
  let text: [Unicode.Scalar]
  private var place: Int
  private let end: Int

  init(text: [Unicode.Scalar], range: Range<Int>) {
    self.text = text
    place = range.lowerBound
    end = range.upperBound
  }

  /// The next token; `nil` at the end.
  mutating func next() -> TextTokens.Token? {
    guard place < end else { return nil }
    let start = place
    let first = ScalarClass(text[place])
    place += 1
    switch first {
    case .lineBreak:
      if text[start] == "\r", place < end, text[place] == "\n" { place += 1 }
      return TextTokens.Token(range: start..<place, kind: .lineBreak)
    case .space:
      while place < end, ScalarClass(text[place]) == .space { place += 1 }
      takeMarks()
      return TextTokens.Token(range: start..<place, kind: .space)
    case .letter:
      takeMarks()
      while takesLetter() { takeMarks() }
      return TextTokens.Token(range: start..<place, kind: .word)
    case .wordOfItsOwn:
      takeMarks()
      return TextTokens.Token(range: start..<place, kind: .word)
    case .regionalIndicator:
      if place < end, ScalarClass(text[place]) == .regionalIndicator { place += 1 }
      takeMarks()
      return TextTokens.Token(range: start..<place, kind: .other)
    case .mark, .other:
      takeMarks()
      return TextTokens.Token(range: start..<place, kind: .other)
    }
  }

  /// Takes a letter, or an apostrophe between two letters with that letter.
  private mutating func takesLetter() -> Bool {
    guard place < end else { return false }
    if ScalarClass(text[place]) == .letter {
      place += 1
      return true
    }
    guard text[place] == "'" || text[place] == "\u{2019}", place + 1 < end,
      ScalarClass(text[place + 1]) == .letter
    else { return false }
    place += 2
    return true
  }

  private mutating func takeMarks() {
    while place < end, ScalarClass(text[place]) == .mark {
      let isJoiner = text[place] == "\u{200D}"
      place += 1
      if isJoiner, place < end, ScalarClass(text[place]).isJoinable { place += 1 }
    }
  }
}

/// What a scalar is for a ``WordScanner``.
private enum ScalarClass {
  case lineBreak
  case space
  /// Part of a word: a letter or digit.
  case letter
  /// A letter of a script that writes no spaces.
  case wordOfItsOwn
  /// Belongs to what stands before it.
  case mark
  case regionalIndicator
  case other

  var isJoinable: Bool { self == .other || self == .letter || self == .wordOfItsOwn }

  init(_ scalar: Unicode.Scalar) {
    guard scalar.isASCII else {
      self = Self.beyondASCII(scalar)
      return
    }
    switch scalar {
    case "\n", "\r": self = .lineBreak
    case " ", "\t": self = .space
    case "0"..."9", "A"..."Z", "a"..."z", "_": self = .letter
    default: self = .other
    }
  }

  private static func beyondASCII(_ scalar: Unicode.Scalar) -> Self {
    switch scalar.value {
    case 0x1F1E6...0x1F1FF: return .regionalIndicator
    case 0x200D, 0x1F3FB...0x1F3FF: return .mark
    // Thai, Lao; Tibetan, Burmese; Khmer; kana, Bopomofo.
    case 0x0E00...0x0EFF, 0x0F00...0x109F, 0x1780...0x17FF, 0x3040...0x312F:
      return scalar.properties.isGraphemeExtend ? .mark : .wordOfItsOwn
    default: break
    }
    let properties = scalar.properties
    if properties.isGraphemeExtend || properties.generalCategory == .spacingMark { return .mark }
    if properties.isIdeographic { return .wordOfItsOwn }
    if properties.isAlphabetic || properties.numericType != nil { return .letter }
    return properties.isWhitespace ? .space : .other
  }
}

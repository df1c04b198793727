/// A stretch of a text cut into lines or words, each with a number that stands for its scalars.
struct TextTokens {
  /// One token: scalars of the text.
  struct Token {
    var range: Range<Int>
    var kind: Kind
  }

  /// What a token is made of.
  enum Kind {
    case line
    case word
    case space
    /// One line break.
    case lineBreak
    case other
  }

  var tokens: [Token]
  /// Beside `tokens`; equal for equal scalars, also between texts numbered by the same ``Numbers``.
  var numbers: [Int]

  /// Lines with their line breaks (U+000A).
  static func lines(
    _ text: [Unicode.Scalar],
    in range: Range<Int>,
    _ numbers: inout Numbers
  ) -> Self {
    var tokens: [Token] = []
    var start = range.lowerBound
    for place in range where text[place] == "\n" {
      tokens.append(Token(range: start..<place + 1, kind: .line))
      start = place + 1
    }
    if start < range.upperBound {
      tokens.append(Token(range: start..<range.upperBound, kind: .line))
    }
    return Self(tokens, of: text, &numbers)
  }

  /// Words, spaces, line breaks and single other characters; ``WordScanner`` draws the lines.
  static func words(
    _ text: [Unicode.Scalar],
    in range: Range<Int>,
    _ numbers: inout Numbers
  ) -> Self {
    var tokens: [Token] = []
    var scanner = WordScanner(text: text, range: range)
    while let token = scanner.next() { tokens.append(token) }
    return Self(tokens, of: text, &numbers)
  }

  private init(_ tokens: [Token], of text: [Unicode.Scalar], _ numbers: inout Numbers) {
    self.tokens = tokens
    self.numbers = tokens.map { numbers.number(of: text[$0.range]) }
  }

  /// The scalars from one token to another.
  ///
  /// - `end`: where the text's stretch ends, for a range behind the last token.
  func scalars(_ range: Range<Int>, end: Int) -> Range<Int> {
    let lower = range.lowerBound < tokens.count ? tokens[range.lowerBound].range.lowerBound : end
    return lower..<(range.isEmpty ? lower : tokens[range.upperBound - 1].range.upperBound)
  }

  /// Numbers from 0 up, one for each sequence of scalars.
  struct Numbers {
    private struct Key: Hashable {
      let scalars: ArraySlice<Unicode.Scalar>

      func hash(into hasher: inout Hasher) {
        scalars.withUnsafeBytes { hasher.combine(bytes: $0) }
      }
    }

    private var numbers: [Key: Int] = [:]

    init() {}

    mutating func number(of scalars: ArraySlice<Unicode.Scalar>) -> Int {
      let next = numbers.count
      let key = Key(scalars: scalars)
      if let known = numbers[key] { return known }
      numbers[key] = next
      return next
    }
  }
}

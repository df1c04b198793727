/// Body grammar 1: how the text of an article is written down.
///
/// Frozen: a changed rule is grammar 2.
///
/// - A body is text. Lines are separated by U+000A and by nothing else.
/// - A line is *blank* when it holds nothing but spaces (U+0020) and tabs (U+0009).
/// - A *block* is a longest run of lines that are not blank. ``text(of:)`` writes one empty line
///   between blocks and none at the ends.
/// - A block's kind is decided by the first rule that holds:
///   1. Its first line begins with `## `: a *heading*. Its text is the block without this prefix.
///   2. Every line begins with `> `: a *quote*. Its text is the lines without the prefixes.
///   3. Every line begins with `- `: a *list*. Its text is the items, one a line, without the
///      prefixes.
///   4. Anything else is a *paragraph*.
/// - *Escape*: where a paragraph's text begins with any number of backslashes (also none) and then
///   `## `, `> ` or `- `, one more backslash is written before it; reading takes one away. No other
///   backslash means anything.
/// - There is no inline markup, and no line but a block's first can be escaped.
///
/// All rules are about bytes of UTF-8, never about characters.
package enum Body {
  /// One block without its prefixes.
  package struct Block: Hashable, Sendable {
    /// What the block is.
    package enum Kind: Hashable, Sendable, CaseIterable {
      case heading
      case quote
      case list
      case paragraph
    }

    /// Decides the prefixes.
    package var kind: Kind
    /// Without prefixes and escape; the items of a list are its lines.
    package var text: String

    /// A block of this kind with this text.
    package init(_ kind: Kind, _ text: String) {
      self.kind = kind
      self.text = text
    }
  }

  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let backslash = UInt8(ascii: "\\")
  private static let headingPrefix = Array("## ".utf8)
  private static let quotePrefix = Array("> ".utf8)
  private static let listPrefix = Array("- ".utf8)

  /// The blocks of a body, in order.
  ///
  /// Law: `blocks(of: text(of: b)) == b`, byte for byte, for all blocks `b` whose texts hold no
  /// blank line. For example, a paragraph `- 3 °C` is written as `\- 3 °C` and read as it was.
  package static func blocks(of text: String) -> [Block] {
    let lines = Array(text.utf8).split(separator: newline, omittingEmptySubsequences: false)
    return lines.split(whereSeparator: isBlank).map { block(of: Array($0)) }
  }

  /// The body that these blocks make; the inverse of ``blocks(of:)``.
  package static func text(of blocks: [Block]) -> String {
    blocks.map(text(of:)).joined(separator: "\n\n")
  }

  /// Text from elsewhere, with the line breaks and blank lines of a body.
  ///
  /// CR LF and CR become LF, a run of blank lines one empty line; blank lines at both ends go. All
  /// other characters stay, prefixes count as such.
  /// Law: `normalized(normalized(x)) == normalized(x)`.
  package static func normalized(_ raw: String) -> String {
    let bytes = Array(raw.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var afterBlank = false
    var start = 0
    while start <= bytes.count {
      let rest = bytes[start...]
      let end = rest.firstIndex { $0 == newline || $0 == carriageReturn } ?? bytes.count
      let line = bytes[start..<end]
      if isBlank(line) {
        afterBlank = true
      } else {
        if !result.isEmpty { result += afterBlank ? [newline, newline] : [newline] }
        result += line
        afterBlank = false
      }
      let isPair = bytes[end...].starts(with: [carriageReturn, newline])
      start = end + (isPair ? 2 : 1)
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
    line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  private static func block(of lines: [ArraySlice<UInt8>]) -> Block {
    if let first = lines.first, first.starts(with: headingPrefix) {
      let stripped = [first.dropFirst(headingPrefix.count)] + lines.dropFirst()
      return Block(.heading, joined(stripped))
    }
    if let stripped = stripping(quotePrefix, from: lines) { return Block(.quote, joined(stripped)) }
    if let stripped = stripping(listPrefix, from: lines) { return Block(.list, joined(stripped)) }
    let text = joined(lines)
    return Block(.paragraph, isEscaped(text) ? String(text.unicodeScalars.dropFirst()) : text)
  }

  /// The lines without the prefix, or `nil` where one lacks it.
  private static func stripping(
    _ prefix: [UInt8],
    from lines: [ArraySlice<UInt8>]
  ) -> [ArraySlice<UInt8>]? {
    guard lines.allSatisfy({ $0.starts(with: prefix) }) else { return nil }
    return lines.map { $0.dropFirst(prefix.count) }
  }

  private static func joined(_ lines: [ArraySlice<UInt8>]) -> String {
    String(decoding: Array(lines.joined(separator: [newline])), as: UTF8.self)
  }

  private static func text(of block: Block) -> String {
    switch block.kind {
    case .heading: "## " + block.text
    case .quote: prefixing(quotePrefix, block.text)
    case .list: prefixing(listPrefix, block.text)
    case .paragraph: beginsWithPrefix(block.text) ? "\\" + block.text : block.text
    }
  }

  private static func prefixing(_ prefix: [UInt8], _ text: String) -> String {
    var result = prefix
    for byte in text.utf8 {
      result.append(byte)
      if byte == newline { result += prefix }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isEscaped(_ text: String) -> Bool {
    text.utf8.first == backslash && beginsWithPrefix(text)
  }

  /// Whether the text begins with any number of backslashes and then a prefix.
  private static func beginsWithPrefix(_ text: String) -> Bool {
    let rest = text.utf8.drop { $0 == backslash }
    return rest.starts(with: headingPrefix) || rest.starts(with: quotePrefix)
      || rest.starts(with: listPrefix)
  }
}

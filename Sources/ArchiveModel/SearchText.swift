/// Text as the search index knows it, and queries in the index's language.
///
/// The tokenizer of SQLite's FTS5 (unicode61) folds case and Latin diacritics. It does not fold
/// letter variants and digits of Persian and Arabic, nor find words in scripts without spaces;
/// that happens here, on both sides alike.
package enum SearchText {
  /// A text with variants folded, and runs of Chinese, Japanese and Korean as overlapping pairs.
  ///
  /// *Why bytes*: most scalars of most texts stay as they are, and are copied in one piece; one by one they
  /// took a third of the time that an index takes.
  package static func folded(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var run: [Unicode.Scalar] = []
      var place = 0
      while place < bytes.count {
        let end = bytes[place...].firstIndex(where: leadsToVariant) ?? bytes.count
        if end > place {
          flush(&run, into: &result)
          result += bytes[place..<end]
          place = end
        } else {
          let (scalar, byteCount) = scalar(at: place, of: bytes)
          place += byteCount
          if isUnspaced(scalar) {
            run.append(scalar)
          } else {
            flush(&run, into: &result)
            append(scalar, to: &result)
          }
        }
      }
      flush(&run, into: &result)
      return String(decoding: result, as: UTF8.self)
    }
  }

  /// Whether a scalar that begins with this byte may be folded or written without spaces: sharp s, those
  /// from U+0600 to U+06FF, and all from U+3000.
  private static func leadsToVariant(_ byte: UInt8) -> Bool {
    byte >= 0xE3 || byte == 0xC3 || (0xD8...0xDB).contains(byte)
  }

  /// A scalar of at least two bytes, and how many it has.
  private static func scalar(
    at place: Int,
    of bytes: UnsafeBufferPointer<UInt8>
  ) -> (Unicode.Scalar, byteCount: Int) {
    let lead = bytes[place]
    let byteCount = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    var value = UInt32(lead) & (0x7F >> UInt32(byteCount))
    for byte in bytes[(place + 1)..<min(bytes.count, place + byteCount)] {
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", byteCount)
  }

  /// A query for FTS5 that finds articles with all words; `nil` when there is no word in it.
  ///
  /// Nothing that the user typed is syntax, but double quotes around a passage.
  package static func match(_ query: String) -> String? {
    let parts = query.split(separator: "\"", omittingEmptySubsequences: false)
    var terms: [String] = []
    for (place, part) in parts.enumerated() {
      if place.isMultiple(of: 2) {
        terms += words(of: part).map(term)
      } else if !words(of: part).isEmpty {
        terms.append(term(String(part)))
      }
    }
    return terms.isEmpty ? nil : terms.joined(separator: " ")
  }

  /// A few words of a text around the first word of the query that stands in it.
  ///
  /// - `width`: scalars on both sides.
  package static func snippet(of text: String, for query: String, width: Int = 48) -> String {
    let scalars = Array(text.unicodeScalars)
    let lowered = scalars.map(lowered)
    var place = 0
    var count = 0
    for word in words(of: query[...]) {
      let wanted = word.unicodeScalars.map(Self.lowered)
      if let found = firstIndex(of: wanted, in: lowered) {
        (place, count) = (found, wanted.count)
        break
      }
    }
    let start = max(0, place - width)
    let end = min(scalars.count, place + count + width)
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[start..<end].map { $0 == "\n" ? " " : $0 })
    return (start > 0 ? "…" : "") + String(view) + (end < scalars.count ? "…" : "")
  }

  private static func words(of text: Substring) -> [String] {
    text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private static func term(_ words: String) -> String {
    let folded = folded(words)
    // A single character of an unspaced script is the beginning of some pair.
    let isSingle = words.unicodeScalars.count == 1 && words.unicodeScalars.allSatisfy(isUnspaced)
    return "\"" + folded + "\"" + (isSingle ? "*" : "")
  }

  private static func lowered(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
  }

  private static func firstIndex(of wanted: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
    guard let first = wanted.first, wanted.count <= text.count else { return nil }
    return (0...(text.count - wanted.count)).first {
      text[$0] == first && text[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout [UInt8]) {
    switch scalar.value {
    case 0x064A, 0x0649: encode("\u{6CC}", into: &result)  // Arabic yeh, alef maksura: Persian yeh
    case 0x0643: encode("\u{6A9}", into: &result)  // Arabic kaf: Persian keheh
    case 0x0629: encode("\u{647}", into: &result)  // teh marbuta: heh
    case 0x0622, 0x0623, 0x0625: encode("\u{627}", into: &result)  // alef with marks: alef
    case 0x0640, 0x064B...0x065F, 0x0670: return  // tatweel and vowel marks
    case 0x0660...0x0669, 0x06F0...0x06F9:  // Arabic-Indic digits
      result.append(UInt8(ascii: "0") + UInt8(scalar.value & 0xF))
    case 0x00DF: result += "ss".utf8
    default: encode(scalar, into: &result)
    }
  }

  private static func encode(_ scalar: Unicode.Scalar, into result: inout [UInt8]) {
    result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
  }

  /// Han, kana and Hangul syllables, which are written without spaces or with ones that don't part
  /// words.
  private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3041...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0x20000...0x3FFFF:
      true
    default: false
    }
  }

  private static func flush(_ run: inout [Unicode.Scalar], into result: inout [UInt8]) {
    guard let first = run.first else { return }
    result.append(UInt8(ascii: " "))
    if run.count == 1 { encode(first, into: &result) }
    for (left, right) in zip(run, run.dropFirst()) {
      encode(left, into: &result)
      encode(right, into: &result)
      result.append(UInt8(ascii: " "))
    }
    result.append(UInt8(ascii: " "))
    run.removeAll(keepingCapacity: true)
  }
}

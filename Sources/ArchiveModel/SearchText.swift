/// Text as the search index knows it, and queries in the index's language.
///
/// The tokenizer of SQLite's FTS5 (unicode61) folds case and Latin diacritics. It does not fold
/// letter variants and digits of Persian and Arabic, nor find words in scripts without spaces;
/// that happens here, on both sides alike.
package enum SearchText {
  /// A text with variants folded, and runs of Chinese, Japanese and Korean as overlapping pairs.
  package static func folded(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var run: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if isUnspaced(scalar) {
        run.append(scalar)
        continue
      }
      flush(&run, into: &result)
      append(scalar, to: &result)
    }
    flush(&run, into: &result)
    return String(result)
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

  private static func append(
    _ scalar: Unicode.Scalar,
    to result: inout String.UnicodeScalarView
  ) {
    switch scalar.value {
    case 0x064A, 0x0649: result.append("\u{6CC}")  // Arabic yeh, alef maksura: Persian yeh
    case 0x0643: result.append("\u{6A9}")  // Arabic kaf: Persian keheh
    case 0x0629: result.append("\u{647}")  // teh marbuta: heh
    case 0x0622, 0x0623, 0x0625: result.append("\u{627}")  // alef with marks: alef
    case 0x0640, 0x064B...0x065F, 0x0670: return  // tatweel and vowel marks
    case 0x0660...0x0669, 0x06F0...0x06F9:  // Arabic-Indic digits
      if let digit = Unicode.Scalar(0x30 + (scalar.value & 0xF)) { result.append(digit) }
    case 0x00DF: result.append(contentsOf: "ss".unicodeScalars)
    default: result.append(scalar)
    }
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

  private static func flush(
    _ run: inout [Unicode.Scalar],
    into result: inout String.UnicodeScalarView
  ) {
    guard let first = run.first else { return }
    result.append(" ")
    if run.count == 1 { result.append(first) }
    for (left, right) in zip(run, run.dropFirst()) {
      result.append(left)
      result.append(right)
      result.append(" ")
    }
    result.append(" ")
    run.removeAll(keepingCapacity: true)
  }
}

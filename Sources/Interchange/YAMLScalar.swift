/// Texts as scalars of YAML 1.2 on one line.
///
/// Plain where that reads as the same text for everybody, else between double quotes (YAML 1.2.2,
/// 7.3.1). Yams would write every character above U+FFFF as an escape.
enum YAMLScalar {
  static func text(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  private static func isPlain(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, isPlainStart(first), scalars.last != " ", scalars.last != ":",
      scalars.allSatisfy(isPrintable)
    else { return false }
    return !zip(scalars, scalars.dropFirst()).contains { left, right in
      left == ":" && right == " " || left == " " && right == "#"
    }
  }

  /// Letters and digits, and what is beyond ASCII: no indicator is among them.
  private static func isPlainStart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "0"..."9", "A"..."Z", "a"..."z": true
    default: scalar.value > 0xA0
    }
  }

  /// Without the characters that end a line or that a reader refuses or drops (5.1, 5.4).
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
      0x1_0000...0x10_FFFF:
      true
    default: false
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    // Yams reads scalars through Foundation, which drops a U+FEFF that stands first.
    if text.unicodeScalars.first == "\u{FEFF}" { result += "\\uFEFF".unicodeScalars }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\"".unicodeScalars
      case "\\": result += "\\\\".unicodeScalars
      case "\n": result += "\\n".unicodeScalars
      case "\t": result += "\\t".unicodeScalars
      case _ where isPrintable(scalar): result.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: 4 - digits.utf8.count)
        result += "\\u\(padding)\(digits)".unicodeScalars
      }
    }
    return "\"\(String(result))\""
  }
}

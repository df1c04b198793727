/// The whole pattern language of ``LabelledTextProfile/Furniture``.
///
/// A pattern is compared with a whole line, without the spaces and tabs at its ends. `#` stands for
/// a number: a decimal digit of any script, and then all digits and separators (`. , / : '` and
/// U+066B, U+066C, U+2019, U+00A0, U+202F) that follow. Everything else stands for itself. There is
/// no going back: after `#`, a pattern cannot ask for a digit or separator. So matching takes one
/// walk along the line, whatever pattern and line are.
package struct FurniturePattern {
  private static let separators: Set<Unicode.Scalar> = [
    ".", ",", "/", ":", "'", "\u{66b}", "\u{66c}", "\u{2019}", "\u{a0}", "\u{202f}",
  ]

  package var text: String

  package init(text: String) { self.text = text }

  /// Whether the whole line is what the pattern says.
  package func matches(_ line: String) -> Bool {
    var rest = line.trimmingBlanks.unicodeScalars[...]
    for mark in text.unicodeScalars {
      guard let scalar = rest.popFirst() else { return false }
      if mark == "#" {
        guard Self.isDigit(scalar) else { return false }
        rest = rest.drop { Self.isDigit($0) || Self.separators.contains($0) }
      } else if mark != scalar {
        return false
      }
    }
    return rest.isEmpty
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.numericType == .decimal
  }
}

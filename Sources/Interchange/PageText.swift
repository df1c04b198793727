extension String {
  /// Without the spaces and tabs at both ends.
  var trimmingBlanks: String {
    let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
    let scalars = unicodeScalars.drop(while: isBlank)
    guard let last = scalars.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(scalars[...last])
  }

  /// Whether it holds nothing but spaces and tabs.
  var isBlank: Bool {
    utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// What follows this prefix, which may be in any case of ASCII; `nil` where it begins otherwise.
  func dropping(prefixInAnyCase prefix: String) -> String? {
    guard utf8.count >= prefix.utf8.count else { return nil }
    guard zip(utf8, prefix.utf8).allSatisfy({ Self.lowered($0) == Self.lowered($1) })
    else { return nil }
    return String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}

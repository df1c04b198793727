/// How deep JSON is nested, told without decoding it.
enum JSONNesting {
  /// Whether more arrays and objects than a limit are in each other.
  ///
  /// Never `false` where a decoder would find more, also for bytes that are not JSON.
  static func isDeeper(than limit: Int, _ bytes: [UInt8]) -> Bool {
    // Most lines have not so many brackets at all, which is seen in a tenth of the time.
    bracketCount(in: bytes) > limit && depth(of: bytes) > limit
  }

  /// How many brackets open an array or an object, or stand in a text.
  private static func bracketCount(in bytes: [UInt8]) -> Int {
    var count = 0
    // "[" and "{" differ in the bit that the case of a letter has.
    for byte in bytes where byte | 0x20 == UInt8(ascii: "{") { count &+= 1 }
    return count
  }

  /// The greatest number of arrays and objects in each other.
  private static func depth(of bytes: [UInt8]) -> Int {
    var depth = 0
    var deepest = 0
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        deepest = max(deepest, depth)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return deepest
  }
}

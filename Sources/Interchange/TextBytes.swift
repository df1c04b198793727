internal import Foundation

/// Tells text from other bytes.
enum TextBytes {
  /// The place (counted from 1) of the first NUL or of the first byte that is not valid UTF-8;
  /// `nil` for text.
  static func firstFlaw(in bytes: [UInt8]) -> Int? {
    let nul = bytes.withUnsafeBytes { firstNUL(in: $0) }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nul.map { $0 + 1 }
    } catch {
      return min(nul ?? .max, error.byteOffsets.lowerBound) + 1
    }
  }

  /// Whether U+0000 is in a text.
  static func hasNUL(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { firstNUL(in: UnsafeRawBufferPointer($0)) != nil }
  }

  /// The first place of a byte, at a place or behind it.
  static func firstIndex(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      firstIndex(of: byte, in: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }.map { start + $0 }
  }

  private static func firstNUL(in bytes: UnsafeRawBufferPointer) -> Int? {
    firstIndex(of: 0, in: bytes)
  }

  private static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - start
  }

  /// The bytes after a byte order mark, if there is one.
  static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
  }
}

internal import ChangeLog
internal import Foundation

/// A JSON object on a line, and the SHA-256 of that line in hexadecimal digits on the next.
///
/// The manifest of a backup and the head of a bundle are written so.
enum HashedLine {
  /// Bytes of the second line, with its end and that of the first.
  static let hashByteCount = 2 + 2 * Hash.byteCount

  static func encoded(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Array(try encoder.encode(value))
    return line + ending(of: line)
  }

  /// The first line of bytes that are both lines and nothing else.
  ///
  /// - `part`: what it is called in errors.
  /// Throws: `LogFailure.damaged(_:)`.
  static func line(of bytes: [UInt8], part: String) throws -> Data {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      throw LogFailure.damaged(part)
    }
    let line = Array(bytes[..<end])
    guard Array(bytes[end...]) == ending(of: line) else { throw LogFailure.damaged(part) }
    return line.data
  }

  private static func ending(of line: [UInt8]) -> [UInt8] {
    Array("\n\(Hash(of: line).bytes.hex)\n".utf8)
  }
}

import ChangeLog
import Foundation

/// Makes bundles that say what is not so, with hashes that hold.
struct BundleForge {
  private let head: [String: Any]
  private let segment: [UInt8]
  private static let preface = Array("stet/1 bundle\r\n".utf8)

  /// - `path`: of a whole bundle.
  init(_ path: String) throws {
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    let line = bytes.dropFirst(Self.preface.count).prefix { $0 != UInt8(ascii: "\n") }
    let object = try JSONSerialization.jsonObject(with: Data(line))
    head = object as? [String: Any] ?? [:]
    segment = Array(bytes[(Self.preface.count + line.count + 66)..<(bytes.count - 32)])
  }

  func place(_ position: UInt64) -> [String: Any] {
    ["position": position, "check": "0000000000000000"]
  }

  /// A bundle with another head.
  func sealed(_ alter: (inout [String: Any]) -> Void) throws -> [UInt8] {
    var head = head
    alter(&head)
    return try sealed(head, segment)
  }

  /// A bundle whose first entry has another position.
  func sealed(position: UInt64) throws -> [UInt8] {
    var segment = segment
    segment.replaceSubrange(24..<32, with: bytes(of: position))
    let end = 40 + segment[16..<20].reduce(0) { $0 << 8 | Int($1) }
    segment.replaceSubrange(
      20..<24,
      with: bytes(of: Deflate.checksum(Array(segment[24..<end])))
    )
    return try sealed(head, segment)
  }

  /// A bundle whose first entry has another length.
  func sealed(length: UInt32) throws -> [UInt8] {
    var segment = segment
    segment.replaceSubrange(16..<20, with: bytes(of: length))
    return try sealed(head, segment)
  }

  /// A bundle with another pack of one change at its end.
  func sealed(appending pack: [UInt8]) throws -> [UInt8] {
    var head = head
    guard let end = (head["end"] as? [String: Any])?["position"] as? UInt64,
      let packs = head["packs"] as? Int, let changes = head["changes"] as? Int
    else { throw LogFailure.malformed("head") }
    let covered = bytes(of: end + 1) + [UInt8](repeating: 0, count: 8) + pack
    let entry = bytes(of: UInt32(pack.count)) + bytes(of: Deflate.checksum(covered)) + covered
    head["end"] = place(end + 1)
    head["packs"] = packs + 1
    head["changes"] = changes + 1
    head["bytes"] = segment.count + entry.count
    return try sealed(head, segment + entry)
  }

  private func sealed(_ head: [String: Any], _ segment: [UInt8]) throws -> [UInt8] {
    let line = Array(try JSONSerialization.data(withJSONObject: head, options: .sortedKeys))
    let bytes =
      Self.preface + line + Array("\n\(Hash(of: line).bytes.hex)\n".utf8) + segment
    return bytes + Hash(of: bytes).bytes
  }

  private func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}

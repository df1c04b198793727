internal import Foundation
internal import SwiftProtobuf

/// Compressing packs anew.
///
/// Signatures and hashes are over changes, never over a pack's bytes, so a pack that is compressed
/// in another way says the same (`Protocol/packs.md`).
extension Pack {
  /// The least and the most effort of zlib's levels that take the first match that they find.
  ///
  /// A pack that is smaller than both make it was compressed with more effort, and little is left to
  /// win.
  private static let fastLevels: [Int32] = [1, 3]
  /// A pack is only replaced by one that is smaller by one part in so many.
  private static let leastGain = 32

  /// The pack compressed at another level, section by section where that makes the section smaller.
  ///
  /// Whatever else the pack says, also in fields that this version does not know, stays. The result
  /// was inflated again and compared with the sections of `bytes`.
  ///
  /// - `level`: 1 (fast) to 9 (small).
  /// Returns: `nil` where the pack was not compressed fast, or would not become smaller by 3 %.
  /// Throws: ``LogFailure`` when `bytes` are no pack; runs and signatures are not looked at.
  package static func recompressed(
    _ bytes: [UInt8],
    level: Int32
  ) throws(LogFailure) -> [UInt8]? {
    guard bytes.count <= FormatLimits.packByteLimit else { throw .tooLarge("pack") }
    guard let wire = try? WirePack(serializedBytes: bytes) else { throw .malformed("pack") }
    guard wire.format == 1, wire.scope == 0 else { throw .unsupported("pack") }
    let headers = try wire.headers.opened()
    let payloads = try wire.payloads.opened()
    let storedCount = wire.headers.data.count + wire.payloads.data.count
    let fastCount = fastLevels.map { fast in
      [headers, payloads].reduce(0) { $0 + min($1.count, Deflate.compress($1, level: fast).count) }
    }.reduce(.max, min)
    // One in a hundred for another zlib, whose fast levels are not quite these.
    guard storedCount >= fastCount - fastCount / 100 else { return nil }
    var packed = wire
    packed.headers.deflate(headers, level: level)
    packed.payloads.deflate(payloads, level: level)
    guard let result: [UInt8] = try? packed.serializedBytes(),
      result.count <= bytes.count - bytes.count / leastGain,
      result.count < bytes.count,
      let again = try? WirePack(serializedBytes: result),
      again.headers.says(headers, as: wire.headers),
      again.payloads.says(payloads, as: wire.payloads)
    else { return nil }
    var rest = again
    rest.headers = wire.headers
    rest.payloads = wire.payloads
    return rest == wire ? result : nil
  }
}

extension WireSection {
  /// Holds its raw bytes compressed at a level, where that makes it smaller.
  fileprivate mutating func deflate(_ raw: [UInt8], level: Int32) {
    let compressed = Deflate.compress(raw, level: level)
    guard compressed.count < data.count else { return }
    codec = Codec.deflate.rawValue
    checksum = Deflate.checksum(compressed)
    data = compressed.data
  }

  /// Whether it gives these raw bytes, and differs from another section in nothing but how.
  fileprivate func says(_ raw: [UInt8], as other: WireSection) -> Bool {
    guard let opened = try? opened(), opened == raw else { return false }
    var same = self
    same.codec = other.codec
    same.checksum = other.checksum
    same.data = other.data
    return same == other
  }
}

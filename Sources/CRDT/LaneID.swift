/// Names a lane: the changes written with one writing key.
///
/// 16 bytes, the beginning of the SHA-256 of the writing key. Ordered as its bytes are.
package struct LaneID: Hashable, Sendable, Comparable {
  package static let byteCount = 16

  private let high: UInt64
  private let low: UInt64

  /// Reads a lane id.
  ///
  /// - Returns: `nil` unless there are exactly 16 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    let read = bytes.withContiguousStorageIfAvailable { Self(UnsafeRawBufferPointer($0)) }
    guard let lane = read ?? Array(bytes).withUnsafeBytes({ Self($0) }) else { return nil }
    self = lane
  }

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  package var bytes: [UInt8] {
    high.bigEndianBytes + low.bigEndianBytes
  }

  /// The bucket of the frontier's digest tree that this lane belongs to: its first byte.
  package var bucket: UInt8 { UInt8(high >> 56) }

  package static func < (left: Self, right: Self) -> Bool {
    left.high == right.high ? left.low < right.low : left.high < right.high
  }
}

extension UInt64 {
  /// The number as 8 bytes, most significant first.
  package var bigEndianBytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) }
  }
}

/// Names one operation for ever: the lane, the change's sequence number in it, and which operation
/// of that change, counted from 0.
package struct Dot: Hashable, Sendable, Comparable {
  package let lane: LaneID
  package let seq: UInt64
  package let index: UInt32

  package init(lane: LaneID, seq: UInt64, index: UInt32) {
    self.lane = lane
    self.seq = seq
    self.index = index
  }

  /// 28 bytes: lane, sequence number and index, most significant first.
  ///
  /// Sorts as the dot does.
  package var bytes: [UInt8] {
    lane.bytes + seq.bigEndianBytes + index.bigEndianBytes
  }

  package static let byteCount = 28

  /// Reads what ``bytes`` wrote.
  package init?(_ bytes: some Collection<UInt8>) {
    let read = bytes.withContiguousStorageIfAvailable { Self(UnsafeRawBufferPointer($0)) }
    guard let dot = read ?? Array(bytes).withUnsafeBytes({ Self($0) }) else { return nil }
    self = dot
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount,
      let lane = LaneID(UnsafeRawBufferPointer(rebasing: bytes[0..<16]))
    else { return nil }
    self.lane = lane
    seq = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    index = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
  }

  package static func < (left: Self, right: Self) -> Bool {
    if left.lane != right.lane { return left.lane < right.lane }
    return left.seq == right.seq ? left.index < right.index : left.seq < right.seq
  }
}

extension UInt32 {
  /// The number as 4 bytes, most significant first.
  package var bigEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * UInt32($0))) }
  }
}

extension [Dot] {
  /// The dots one after another, 28 bytes each.
  package var bytes: [UInt8] { flatMap(\.bytes) }

  /// Reads what ``bytes`` wrote; `nil` when the length is off.
  package init?(concatenated bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: Dot.byteCount) else { return nil }
    self = []
    reserveCapacity(bytes.count / Dot.byteCount)
    for start in stride(from: 0, to: bytes.count, by: Dot.byteCount) {
      guard let dot = Dot(bytes[start..<(start + Dot.byteCount)]) else { return nil }
      append(dot)
    }
  }
}

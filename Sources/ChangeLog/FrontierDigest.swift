internal import CRDT
internal import Foundation

/// ``Frontier/digest`` of heads that come one after another, in any order, as a file holds them.
package struct FrontierDigest {
  private static let recordByteCount = LaneID.byteCount + 8 + Hash.byteCount

  /// What is hashed of the lanes of each bucket, in the order in which they came.
  private var buckets = [[UInt8]](repeating: [], count: 256)

  package init() {}

  /// - `lane`: of 16 bytes; each comes once.
  /// - `hash`: of 32 bytes, of the lane's newest change.
  /// - Returns: whether both have their length; nothing is appended where not.
  package mutating func append(
    lane: UnsafeRawBufferPointer,
    seq: UInt64,
    hash: UnsafeRawBufferPointer
  ) -> Bool {
    guard lane.count == LaneID.byteCount, hash.count == Hash.byteCount else { return false }
    let bucket = Int(lane[0])
    buckets[bucket].append(contentsOf: lane)
    withUnsafeBytes(of: seq.bigEndian) { buckets[bucket].append(contentsOf: $0) }
    buckets[bucket].append(contentsOf: hash)
    return true
  }

  /// The digest of all heads so far.
  package var hash: Hash {
    var digest = RunningHash()
    digest.append(Array("stet/1 frontier".utf8))
    for (number, records) in buckets.enumerated() where !records.isEmpty {
      digest.append([UInt8(number)] + Hash(of: Self.ascending(records)).bytes)
    }
    return digest.hash
  }

  /// Records in the order of their lanes.
  private static func ascending(_ records: [UInt8]) -> [UInt8] {
    records.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return [] }
      let places = stride(from: 0, to: bytes.count, by: recordByteCount)
        .sorted { memcmp(base + $0, base + $1, LaneID.byteCount) < 0 }
      var sorted: [UInt8] = []
      sorted.reserveCapacity(bytes.count)
      for place in places { sorted.append(contentsOf: bytes[place..<place + recordByteCount]) }
      return sorted
    }
  }
}

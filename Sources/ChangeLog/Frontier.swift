package import CRDT

/// The head of every lane that a store holds.
///
/// Digest tree: 256 buckets by the first byte of the lane id.
///
///     bucket(b) = SHA-256(lane ‖ seq ‖ hash, for its lanes ascending), seq 8 bytes big-endian
///     digest    = SHA-256("stet/1 frontier" ‖ (number ‖ bucket) of every bucket that is not empty)
package struct Frontier: Hashable, Sendable {
  package var heads: [LaneID: LaneHead]

  package init(_ heads: [LaneID: LaneHead] = [:]) { self.heads = heads }

  package var digest: Hash {
    var bytes = Array("stet/1 frontier".utf8)
    for (number, hash) in bucketDigests.sorted(by: { $0.key < $1.key }) {
      bytes.append(number)
      bytes += hash.bytes
    }
    return Hash(of: bytes)
  }

  /// The digests of the buckets that are not empty.
  package var bucketDigests: [UInt8: Hash] {
    Dictionary(grouping: heads, by: \.key.bucket).mapValues { bucket in
      Hash(
        of: bucket.sorted { $0.key < $1.key }
          .flatMap { $0.key.bytes + $0.value.seq.bigEndianBytes + $0.value.hash.bytes })
    }
  }

  /// The heads in buckets of which the other side has another digest, or none.
  ///
  /// - Parameter digests: the first 8 bytes of the other side's bucket digests.
  package func heads(differingFrom digests: [UInt8: [UInt8]]) -> [LaneID: LaneHead] {
    let mine = bucketDigests
    return heads.filter { mine[$0.key.bucket]?.prefix != digests[$0.key.bucket] }
  }
}

/// What a peer holds of a lane, as it says.
package struct ClaimedHead: Hashable, Sendable {
  package let seq: UInt64
  /// The first 8 bytes of the hash.
  package let hashPrefix: [UInt8]

  package init(seq: UInt64, hashPrefix: [UInt8]) {
    self.seq = seq
    self.hashPrefix = hashPrefix
  }
}

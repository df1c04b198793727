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
      var bytes: [UInt8] = []
      bytes.reserveCapacity(bucket.count * (LaneID.byteCount + 8 + Hash.byteCount))
      for (lane, head) in bucket.sorted(by: { $0.key < $1.key }) {
        bytes += lane.bytes
        bytes += head.seq.bigEndianBytes
        bytes += head.hash.bytes
      }
      return Hash(of: bytes)
    }
  }

  /// What is held in the buckets of which the other side has another digest.
  ///
  /// - `digests`: the first 8 bytes of the other side's digests of buckets that are not empty.
  /// - `suspects`: lanes of which nothing is claimed, so that the other side sends all of them.
  /// - `headCountLimit`: how many heads are claimed at most. The other side sends the rest of the lanes
  ///   whole: those with the fewest changes. To leave out buckets would be worse: what it sends may
  ///   depend on what is in them.
  package func claims(
    differingFrom digests: [UInt8: [UInt8]],
    withholding suspects: Set<LaneID> = [],
    headCountLimit: Int = .max
  ) -> ClaimedFrontier {
    let mine = bucketDigests.mapValues(\.prefix)
    let buckets = Set(mine.keys).union(digests.keys).filter { mine[$0] != digests[$0] }
      .union(suspects.map(\.bucket))
    var differing = heads.filter {
      buckets.contains($0.key.bucket) && !suspects.contains($0.key)
    }
    if differing.count > headCountLimit {
      let longest = differing.sorted { ($1.value.seq, $0.key) < ($0.value.seq, $1.key) }
      differing = Dictionary(
        uniqueKeysWithValues: longest.prefix(headCountLimit).map { ($0.key, $0.value) }
      )
    }
    return ClaimedFrontier(
      buckets: buckets,
      heads: differing.mapValues { ClaimedHead(seq: $0.seq, hashPrefix: $0.hash.prefix) }
    )
  }
}

/// What a peer holds in the buckets in which two frontiers differ, as it says.
package struct ClaimedFrontier: Sendable {
  package let buckets: Set<UInt8>
  package let heads: [LaneID: ClaimedHead]

  package init(buckets: Set<UInt8>, heads: [LaneID: ClaimedHead]) {
    self.buckets = buckets
    self.heads = heads
  }

  /// A peer that holds nothing.
  package static let empty = ClaimedFrontier(buckets: Set(0...255), heads: [:])

  /// Whether the peer lacks a change of a lane that is no branch.
  package func lacks(_ change: ChangeID) -> Bool {
    buckets.contains(change.lane.bucket) && change.seq > heads[change.lane]?.seq ?? 0
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

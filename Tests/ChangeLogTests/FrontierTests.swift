import CRDT
import ChangeLog
import SyncSimulation
import Testing

@Suite struct FrontierTests {
  private func lane(_ bytes: [UInt8]) throws -> LaneID {
    try #require(LaneID(bytes + [UInt8](repeating: 0, count: 16 - bytes.count)))
  }

  private func head(_ seq: UInt64) -> LaneHead { LaneHead(seq: seq, hash: Hash(of: [UInt8(seq)])) }

  @Test func `the digest is the tree's, whatever order lanes came in`() throws {
    let lanes = [try lane([0, 1]), try lane([9, 9]), try lane([9, 1])]
    let heads = [(lanes[0], head(1)), (lanes[1], head(2)), (lanes[2], head(3))]
    let buckets: [UInt8: Hash] = [
      0: Hash(of: lanes[0].bytes, UInt64(1).bigEndianBytes, head(1).hash.bytes),
      9: Hash(
        of: lanes[2].bytes,
        UInt64(3).bigEndianBytes,
        head(3).hash.bytes,
        lanes[1].bytes,
        UInt64(2).bigEndianBytes,
        head(2).hash.bytes
      ),
    ]
    for order in [heads, heads.reversed()] {
      let frontier = Frontier(Dictionary(uniqueKeysWithValues: order))
      #expect(frontier.bucketDigests == buckets)
      #expect(
        frontier.digest
          == Hash(
            of: Array("stet/1 frontier".utf8),
            [0],
            (buckets[0]?.bytes ?? []),
            [9],
            (buckets[9]?.bytes ?? [])
          )
      )
    }
    #expect(Frontier().digest == Hash(of: Array("stet/1 frontier".utf8)))
  }

  @Test func `the digest of heads that come in any order is the tree's`() throws {
    var random = SeededRandom(seed: 3)
    for count in [0, 1, 2, 300, 1000] {
      let heads = (0..<count).compactMap { _ in
        LaneID(random.bytes(LaneID.byteCount)).map {
          ($0, head(UInt64.random(in: 1...200, using: &random)))
        }
      }
      let frontier = Frontier(Dictionary(heads, uniquingKeysWith: { first, _ in first }))
      var digest = FrontierDigest()
      for (lane, head) in frontier.heads.shuffled(using: &random) {
        #expect(append(lane.bytes, head.seq, head.hash.bytes, to: &digest))
      }
      #expect(digest.hash == frontier.digest, "\(count) lanes")
    }
  }

  @Test func `a head whose lane or hash has another length is none`() {
    var digest = FrontierDigest()
    let (lane, hash) = ([UInt8](repeating: 1, count: 16), [UInt8](repeating: 2, count: 32))
    #expect(!append(Array(lane.dropLast()), 1, hash, to: &digest))
    #expect(!append([], 1, hash, to: &digest))
    #expect(!append(lane, 1, hash + [2], to: &digest))
    #expect(digest.hash == Frontier().digest)
  }

  private func append(
    _ lane: [UInt8],
    _ seq: UInt64,
    _ hash: [UInt8],
    to digest: inout FrontierDigest
  ) -> Bool {
    lane.withUnsafeBytes { lane in
      hash.withUnsafeBytes { digest.append(lane: lane, seq: seq, hash: $0) }
    }
  }

  @Test func `only the heads of buckets that differ are opened`() throws {
    let lanes = [try lane([1, 1]), try lane([1, 2]), try lane([2]), try lane([3])]
    let mine = Frontier([
      lanes[0]: head(1), lanes[1]: head(1), lanes[2]: head(1), lanes[3]: head(1),
    ])
    var theirs = mine
    theirs.heads[lanes[1]] = head(2)
    theirs.heads[lanes[3]] = nil
    theirs.heads[try lane([4])] = head(5)
    let digests = theirs.bucketDigests.mapValues(\.prefix)
    let claims = mine.claims(differingFrom: digests)
    #expect(claims.buckets == [1, 3, 4])
    #expect(Set(claims.heads.keys) == [lanes[0], lanes[1], lanes[3]])
    #expect(claims.heads[lanes[0]] == ClaimedHead(seq: 1, hashPrefix: head(1).hash.prefix))
    #expect(mine.claims(differingFrom: mine.bucketDigests.mapValues(\.prefix)).buckets.isEmpty)
    #expect(mine.claims(differingFrom: [:]).heads.count == mine.heads.count)

    // A lane of which nothing is claimed opens its bucket.
    let withheld = mine.claims(differingFrom: digests, withholding: [lanes[0], lanes[2]])
    #expect(withheld.buckets == [1, 2, 3, 4])
    #expect(Set(withheld.heads.keys) == [lanes[1], lanes[3]])
  }

  @Test func `of more heads than the limit those of the longest lanes are claimed`() throws {
    let lanes = try (1...5 as ClosedRange<UInt8>).map { try lane([$0]) }
    let mine = Frontier(
      Dictionary(uniqueKeysWithValues: zip(lanes, [head(3), head(9), head(3), head(1), head(7)]))
    )
    for (limit, claimed) in [(0, []), (2, [1, 4]), (3, [1, 4, 0]), (5, [0, 1, 2, 3, 4])] {
      let claims = mine.claims(differingFrom: [:], headCountLimit: limit)
      #expect(Set(claims.heads.keys) == Set(claimed.map { lanes[$0] }))
      // What is not claimed is lacking, and not taken to be equal.
      #expect(claims.buckets == [1, 2, 3, 4, 5])
    }
  }

  @Test func `a peer lacks what is beyond its heads in the buckets that differ`() throws {
    let claimed = ClaimedFrontier(
      buckets: [1],
      heads: [try lane([1, 1]): ClaimedHead(seq: 2, hashPrefix: [])]
    )
    #expect(!claimed.lacks(ChangeID(lane: try lane([1, 1]), seq: 2)))
    #expect(claimed.lacks(ChangeID(lane: try lane([1, 1]), seq: 3)))
    #expect(claimed.lacks(ChangeID(lane: try lane([1, 2]), seq: 1)))
    #expect(!claimed.lacks(ChangeID(lane: try lane([2]), seq: 1)))
    #expect(ClaimedFrontier.empty.lacks(ChangeID(lane: try lane([2]), seq: 1)))
  }

  @Test func `ten changed lanes of ten thousand open few buckets`() {
    var random = SeededRandom(seed: 1)
    var mine = Frontier()
    while mine.heads.count < 10_000 {
      if let lane = LaneID(random.bytes(16)) { mine.heads[lane] = head(1) }
    }
    var theirs = mine
    for lane in mine.heads.keys.sorted().prefix(10) { theirs.heads[lane] = head(2) }
    let opened = mine.claims(differingFrom: theirs.bucketDigests.mapValues(\.prefix)).heads
    #expect(opened.count < 10_000 * 10 / 256 * 2)
    #expect(
      Set(theirs.heads.filter { $0.value != mine.heads[$0.key] }.keys).isSubset(of: opened.keys)
    )
  }
}

@Suite struct LogCheckTests {
  @Test func `each change is folded into the check`() throws {
    let store = try #require(StoreID([UInt8](repeating: 3, count: 16)))
    var check = LogCheck(store: store)
    var hash = Hash(of: Array("stet/1 log".utf8) + store.bytes)
    #expect(check.hash == hash)
    for number in 0..<5 as Range<UInt8> {
      check.append(Hash(of: [number]))
      hash = Hash(of: hash.bytes + Hash(of: [number]).bytes)
      #expect(check.hash == hash)
      #expect(check.prefix == Array(hash.bytes.prefix(8)))
      #expect(LogCheck(hash) == check)
    }
  }

  @Test func `logs of other stores and other orders have other checks`() throws {
    let stores = try [3, 4].map { try #require(StoreID([UInt8](repeating: $0, count: 16))) }
    let changes = [Hash(of: [1]), Hash(of: [2])]
    let checks = stores.flatMap { store in
      [changes, changes.reversed(), [changes[0]], []].map { order in
        order.reduce(into: LogCheck(store: store)) { $0.append($1) }
      }
    }
    #expect(Set(checks).count == 8)
  }
}

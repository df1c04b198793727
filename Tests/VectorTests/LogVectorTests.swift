import CRDT
import ChangeLog
import Testing

struct LogVectors: Codable {
  struct Log: Codable {
    var store: Hex
    var hashes: [Hex]
    /// After 0, 1, 2, … changes.
    var checks: [Hex]
  }

  struct Head: Codable {
    var lane: Hex
    var seq: UInt64
    var hash: Hex
  }

  struct Bucket: Codable {
    var number: UInt8
    var digest: Hex
  }

  struct Frontier: Codable {
    var heads: [Head]
    var buckets: [Bucket]
    var digest: Hex
  }

  var logs: [Log]
  var frontiers: [Frontier]
}

@Suite struct LogVectorTests {
  private let vectors: LogVectors

  init() throws { vectors = try VectorFile.load("logs", as: LogVectors.self) }

  @Test func `running checks`() throws {
    #expect(!vectors.logs.isEmpty)
    for vector in vectors.logs {
      var check = LogCheck(store: try #require(StoreID(vector.store.bytes)))
      var checks = [check.hash.bytes]
      for hash in vector.hashes {
        check.append(try #require(Hash(hash.bytes)))
        checks.append(check.hash.bytes)
      }
      #expect(checks == vector.checks.map(\.bytes))
    }
  }

  @Test func `frontier digests`() throws {
    #expect(!vectors.frontiers.isEmpty)
    for vector in vectors.frontiers {
      var frontier = Frontier()
      for head in vector.heads {
        frontier.heads[try #require(LaneID(head.lane.bytes))] = LaneHead(
          seq: head.seq,
          hash: try #require(Hash(head.hash.bytes))
        )
      }
      #expect(frontier.digest.bytes == vector.digest.bytes)
      let buckets = frontier.bucketDigests.sorted { $0.key < $1.key }
      #expect(buckets.map(\.key) == vector.buckets.map(\.number))
      #expect(buckets.map(\.value.bytes) == vector.buckets.map(\.digest.bytes))
    }
  }
}

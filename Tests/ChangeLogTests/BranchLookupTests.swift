import CRDT
import ChangeLog
import SyncSimulation
import Testing

@Suite struct BranchLookupTests {
  /// A key with many second changes, as its branches.
  private final class ForkedLog: LogIndex {
    let root: LaneID
    private let hashes: [LaneID: Hash]
    private(set) var readCount = 0

    init(count: Int) throws {
      var random = SeededRandom(seed: 1)
      root = try #require(LaneID(random.bytes(LaneID.byteCount)))
      var hashes: [LaneID: Hash] = [:]
      for _ in 0..<count {
        hashes[try #require(LaneID(random.bytes(LaneID.byteCount)))] = Hash(of: random.bytes(8))
      }
      self.hashes = hashes
    }

    func head(of lane: LaneID) -> LaneHead? {
      readCount += 1
      return hashes[lane].map { LaneHead(seq: 2, hash: $0) }
    }

    func hash(of change: ChangeID) -> Hash? {
      readCount += 1
      return change.seq == 2 ? hashes[change.lane] : nil
    }

    func writingKey(of lane: LaneID) -> PublicKey? { nil }

    func laneTree() -> LaneTree {
      LaneTree(hashes.keys.map { LaneBranch(lane: $0, root: root, parent: root, firstSeq: 2) })
    }

    /// The branches by what their second changes' hashes begin with.
    var expected: [[UInt8]: LaneID] {
      Dictionary(uniqueKeysWithValues: hashes.map { ($1.prefix, $0) })
    }
  }

  @Test func `a change is found by its hash, and each branch is asked once`() throws {
    let log = try ForkedLog(count: 300)
    var lookup = BranchLookup(log, tree: log.laneTree())
    for (prefix, lane) in log.expected {
      let change = ChangeID(lane: log.root, seq: 2)
      #expect(try lookup.branches(holding: change)[prefix] == lane)
    }
    #expect(log.readCount == 600)
    #expect(try lookup.branches(holding: ChangeID(lane: log.root, seq: 1)).isEmpty)
    #expect(try lookup.branches(holding: ChangeID(lane: log.root, seq: 3)).isEmpty)
    #expect(log.readCount == 600)
  }
}

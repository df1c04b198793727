import CRDT
import ChangeLog
import SyncSimulation
import Testing

@Suite struct LaneTreeTests {
  /// Branches of two keys, each of which continues an earlier one or begins a key's lanes.
  private static func branches(seed: UInt64, count: Int) throws -> [LaneBranch] {
    var random = SeededRandom(seed: seed)
    let roots = try (0..<2).map { _ in try lane(&random) }
    var branches: [LaneBranch] = []
    for _ in 0..<count {
      let before =
        Int.random(in: 0..<4, using: &random) == 0 ? nil : branches.randomElement(using: &random)
      let root = before?.root ?? roots[Int.random(in: 0..<2, using: &random)]
      let isBeginning = before == nil && Bool.random(using: &random)
      branches.append(
        LaneBranch(
          lane: try lane(&random),
          root: root,
          parent: isBeginning ? nil : before?.lane ?? root,
          firstSeq: (before?.firstSeq ?? 0) + UInt64.random(in: 1...2, using: &random)
        )
      )
    }
    return branches
  }

  private static func lane(_ random: inout SeededRandom) throws -> LaneID {
    try #require(LaneID(random.bytes(LaneID.byteCount)))
  }

  @Test func `the tree is what its branches say, in whatever order they come`() throws {
    for seed in UInt64(0)..<100 {
      let branches = try Self.branches(seed: seed, count: 12)
      var random = SeededRandom(seed: seed)
      let tree = LaneTree(branches.shuffled(using: &random))
      #expect(tree == LaneTree(branches))
      let again = branches.map {
        LaneBranch(lane: $0.lane, root: $0.lane, parent: nil, firstSeq: $0.firstSeq)
      }
      #expect(tree == LaneTree(branches + again))
      #expect(tree.roots == Set(branches.map(\.root)))
      let ranges = tree.ranges()
      for lane in branches.map(\.lane) + branches.map(\.root) {
        let range = try #require(ranges[lane])
        for branch in branches {
          let isBelow = branch.root == lane || tree.path(to: branch.lane).contains(lane)
          #expect(range.contains(try #require(ranges[branch.lane]).lowerBound) == isBelow)
        }
        #expect(tree.branch(lane) == branches.first { $0.lane == lane })
        #expect(Set(tree.branches(of: lane)) == Set(branches.filter { $0.root == lane }))
        #expect(tree.hasChildren(lane) == branches.contains { $0.parent == lane })
        let below = branches.filter { $0.lane != lane && tree.path(to: $0.lane).contains(lane) }
        let path = tree.path(to: lane)
        for seq in UInt64(0)...14 {
          let holder = path.first { tree.branch($0).map { $0.firstSeq <= seq } ?? true }
          #expect(tree.lane(holding: seq, along: lane) == holder ?? path[path.count - 1])
        }
        let descendants = tree.descendants(of: lane)
        #expect(Set(descendants) == Set(below))
        #expect(descendants.count == below.count)
        var met: Set<LaneID?> = [lane]
        for branch in descendants {
          #expect(met.contains(branch.parent))
          met.insert(branch.lane)
        }
      }
    }
  }

  @Test func `a key that forks again and again is walked down without end of the stack`() throws {
    var random = SeededRandom(seed: 1)
    let root = try Self.lane(&random)
    var branches: [LaneBranch] = []
    for seq in UInt64(1)...100_000 {
      branches.append(
        LaneBranch(
          lane: try Self.lane(&random),
          root: root,
          parent: branches.last?.lane ?? root,
          firstSeq: seq
        )
      )
    }
    #expect(LaneTree(branches).descendants(of: root) == branches)
    #expect(LaneTree(branches).ranges()[root] == 0..<100_001)
    let tree = LaneTree(branches)
    for seq in stride(from: UInt64(1), to: 100_000, by: 997) {
      #expect(tree.lane(holding: seq, along: branches[99_999].lane) == branches[Int(seq) - 1].lane)
    }
    #expect(tree.lane(holding: 0, along: branches[99_999].lane) == root)
  }
}

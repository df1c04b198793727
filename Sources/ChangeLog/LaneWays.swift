internal import CRDT
internal import Synchronization

/// The ways from the branches of a tree to their keys' beginnings, made when somebody asks and shared by
/// all who have the tree.
///
/// Each branch knows one that is farther away besides the one that it continues, so that a way of n
/// branches is gone in O(log n) steps (Myers, "An applicative random-access stack", Information
/// Processing Letters 17, 1983).
final class LaneWays: Sendable {
  private struct Way {
    let depth: Int
    let jump: LaneID
  }

  private let ways = Mutex<[LaneID: Way]?>(nil)

  /// The last lane on the way from one to its key's beginning for which a condition holds that, from a
  /// branch on, holds for all before it.
  ///
  /// - `branches`: the tree's; always the same.
  func first(
    from lane: LaneID,
    in branches: [LaneID: LaneBranch],
    where holds: (LaneBranch) -> Bool
  ) -> LaneID {
    ways.withLock { ways in
      let known = ways ?? Self.ways(in: branches)
      ways = known
      var lane = lane
      while let branch = branches[lane], !holds(branch), let parent = branch.parent {
        if let jump = known[lane]?.jump, jump != lane, let far = branches[jump], !holds(far) {
          lane = jump
        } else {
          lane = parent
        }
      }
      return lane
    }
  }

  private static func ways(in branches: [LaneID: LaneBranch]) -> [LaneID: Way] {
    var ways: [LaneID: Way] = [:]
    for start in branches.keys {
      // Down to one whose way is known, and back.
      var waiting: [LaneBranch] = []
      var next = branches[start]
      while let branch = next, ways[branch.lane] == nil {
        waiting.append(branch)
        next = branch.parent.flatMap { branches[$0] }
      }
      while let branch = waiting.popLast() {
        guard let parent = branch.parent, let way = ways[parent] else {
          ways[branch.lane] = Way(depth: 1, jump: branch.lane)
          continue
        }
        let far = ways[way.jump]
        let farther = far.flatMap { ways[$0.jump] }
        let isEven =
          if let far, let farther { way.depth - far.depth == far.depth - farther.depth } else {
            false
          }
        ways[branch.lane] = Way(
          depth: way.depth + 1,
          jump: isEven ? far?.jump ?? parent : parent
        )
      }
    }
    return ways
  }
}

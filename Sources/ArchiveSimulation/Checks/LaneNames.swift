internal import CRDT
internal import ChangeLog

/// The lanes of a set of changes, worked out from the set alone: a lane is a way between two forks of
/// a key's changes, named by where it begins.
///
/// As naive as can be: the oracle for the lanes that stores keep as they learn of forks.
struct LaneNames {
  /// In which lane each change is, by its hash.
  private(set) var lanes: [Hash: LaneID] = [:]
  private(set) var heads: [LaneID: LaneHead] = [:]
  private(set) var branches: [LaneBranch] = []

  /// - `previous`: the hash before each change; that before the lane for a first one.
  /// - `keys`: the key of each lane that is no branch.
  init(previous: [Hash: Hash], keys: [LaneID: PublicKey], archive: ArchiveID) {
    let followers = Dictionary(grouping: previous.keys) { previous[$0] }
    for (root, key) in keys {
      var waiting: [(lane: LaneID, parent: LaneID?, first: Hash, seq: UInt64, isBranch: Bool)] = []
      let begin = Hash.beforeLane(archive: archive, writingKey: key)
      func wait(_ next: [Hash], after parent: LaneID?, seq: UInt64) {
        for first in next {
          let isBranch = next.count > 1
          let lane = isBranch ? LaneID(branchOf: key, first: first) : root
          waiting.append((lane, parent, first, seq, isBranch))
        }
      }
      wait(followers[begin] ?? [], after: nil, seq: 1)
      while let (lane, parent, first, seq, isBranch) = waiting.popLast() {
        if isBranch {
          branches.append(LaneBranch(lane: lane, root: root, parent: parent, firstSeq: seq))
        }
        var end = (hash: first, seq: seq)
        lanes[first] = lane
        while let next = followers[end.hash], next.count == 1 {
          end = (next[0], end.seq + 1)
          lanes[end.hash] = lane
        }
        heads[lane] = LaneHead(seq: end.seq, hash: end.hash)
        wait(followers[end.hash] ?? [], after: lane, seq: end.seq + 1)
      }
    }
  }
}

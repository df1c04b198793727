package import CRDT

/// Finds the changes of forked keys, which everybody names by the lane of the key, in the branches that
/// a log has of it.
///
/// Each seq is looked for once: all answers together read no more hashes than the key has changes.
package struct BranchLookup<Index: LogIndex> {
  private let index: Index
  private let tree: LaneTree
  /// By the lane of a key: its branches, ascending, and the seqs where they end.
  private var branches: [LaneID: [(branch: LaneBranch, end: UInt64)]] = [:]
  private var found: [ChangeID: [[UInt8]: LaneID]] = [:]

  /// - `tree`: of the index.
  package init(_ index: Index, tree: LaneTree) {
    self.index = index
    self.tree = tree
  }

  /// Whether a lane is a branch: nobody who writes calls it by that name.
  package func isBranch(_ lane: LaneID) -> Bool { tree.branch(lane) != nil }

  /// The branches that hold a change with a seq, by the beginning of its hash.
  ///
  /// - `change`: named by the lane of its key. That lane itself is not looked into.
  package mutating func branches(holding change: ChangeID) throws -> [[UInt8]: LaneID] {
    guard !tree.isEmpty else { return [:] }
    if let known = found[change] { return known }
    let root = change.lane
    if branches[root] == nil {
      branches[root] = try tree.branches(of: root).map {
        (branch: $0, end: try index.head(of: $0.lane)?.seq ?? 0)
      }
    }
    guard let known = branches[root], !known.isEmpty else { return [:] }
    var lanes: [[UInt8]: LaneID] = [:]
    for (branch, end) in known
    where branch.firstSeq <= change.seq && change.seq <= end {
      let hash = try index.hash(of: ChangeID(lane: branch.lane, seq: change.seq))
      if let hash, lanes[hash.prefix] == nil { lanes[hash.prefix] = branch.lane }
    }
    found[change] = lanes
    return lanes
  }
}

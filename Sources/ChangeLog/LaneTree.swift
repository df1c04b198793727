package import CRDT

/// A lane that is a branch: the changes of a forked writing key from one that differs on.
///
/// Where the changes of one key continue in two ways, each way is a lane of its own from there, and
/// the lane before ends. So the lanes are a function of the set of changes, not of who came first.
package struct LaneBranch: Hashable, Sendable {
  package let lane: LaneID
  /// The lane of the writing key.
  package let root: LaneID
  /// The lane that it continues; `nil` where even the first changes differ.
  package var parent: LaneID?
  /// The seq of its first change.
  package let firstSeq: UInt64

  package init(lane: LaneID, root: LaneID, parent: LaneID?, firstSeq: UInt64) {
    self.lane = lane
    self.root = root
    self.parent = parent
    self.firstSeq = firstSeq
  }
}

extension LaneID {
  /// The lane of a forked key's changes that begins with the change of this hash.
  package init(branchOf writingKey: PublicKey, first: Hash) {
    guard let lane = LaneID(Hash(of: writingKey.bytes, first.bytes).bytes.prefix(Self.byteCount))
    else { preconditionFailure("a hash is longer than a lane id") }
    self = lane
  }
}

/// The branches of all forked keys that a store knows; empty nearly always.
package struct LaneTree: Hashable, Sendable {
  private var branches: [LaneID: LaneBranch] = [:]

  package init(_ branches: some Sequence<LaneBranch> = []) {
    for branch in branches { self.branches[branch.lane] = branch }
  }

  package var isEmpty: Bool { branches.isEmpty }

  /// The lanes of forked keys, by what they were before the fork.
  package var roots: Set<LaneID> { Set(branches.values.map(\.root)) }

  package func branch(_ lane: LaneID) -> LaneBranch? { branches[lane] }

  /// The lane of the key that a lane was written with.
  package func root(of lane: LaneID) -> LaneID { branches[lane]?.root ?? lane }

  /// The branches of a key, ascending by lane.
  package func branches(of root: LaneID) -> [LaneBranch] {
    branches.values.filter { $0.root == root }.sorted { $0.lane < $1.lane }
  }

  /// The lanes that continue a lane from a seq.
  ///
  /// - `parent`: `nil` for the beginnings of a key's lanes.
  func children(of parent: LaneID?, root: LaneID, at seq: UInt64) -> [LaneBranch] {
    branches(of: root).filter { $0.parent == parent && $0.firstSeq == seq }
  }

  package func hasChildren(_ lane: LaneID) -> Bool {
    branches.values.contains { $0.parent == lane }
  }

  /// The lanes below a lane, at any depth.
  package func descendants(of lane: LaneID) -> [LaneBranch] {
    let children = branches.values.filter { $0.parent == lane }
    return children + children.flatMap { descendants(of: $0.lane) }
  }

  /// The lane and those that it continues, newest first.
  package func path(to lane: LaneID) -> [LaneID] {
    var path = [lane]
    while let parent = path.last.flatMap({ branches[$0]?.parent }) { path.append(parent) }
    return path
  }

  /// The lane that holds a seq, on the way to a lane.
  package func lane(holding seq: UInt64, along lane: LaneID) -> LaneID {
    var lane = lane
    while let branch = branches[lane], seq < branch.firstSeq, let parent = branch.parent {
      lane = parent
    }
    return lane
  }

  mutating func insert(_ branch: LaneBranch) { branches[branch.lane] = branch }
}

/// A known lane is found to continue in a second way: from this change on it becomes a branch.
package struct LaneSplit: Error, Hashable, Sendable {
  package let lane: LaneID
  package let seq: UInt64

  package init(lane: LaneID, seq: UInt64) {
    self.lane = lane
    self.seq = seq
  }
}

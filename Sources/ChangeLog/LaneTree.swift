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
package struct LaneTree: Sendable {
  /// Ways of so many branches are simply gone.
  private static let shortWay = 32

  private var branches: [LaneID: LaneBranch] = [:]
  private var lanesByRoot: [LaneID: Set<LaneID>] = [:]
  private var lanesByParent: [LaneID: Set<LaneID>] = [:]
  /// The keys' lanes of which even the first changes differ.
  private var rootsWithoutLane: Set<LaneID> = []
  private var ways = LaneWays()

  package init(_ branches: some Sequence<LaneBranch> = []) {
    for branch in branches { insert(branch) }
  }

  package var isEmpty: Bool { branches.isEmpty }

  /// The lanes of forked keys, by what they were before the fork.
  package var roots: Set<LaneID> { Set(lanesByRoot.keys) }

  package func branch(_ lane: LaneID) -> LaneBranch? { branches[lane] }

  /// The lane of the key that a lane was written with.
  package func root(of lane: LaneID) -> LaneID { branches[lane]?.root ?? lane }

  /// The branches of a key, ascending by lane.
  package func branches(of root: LaneID) -> [LaneBranch] {
    sorted(lanesByRoot[root])
  }

  private func sorted(_ lanes: Set<LaneID>?) -> [LaneBranch] {
    lanes?.sorted().compactMap { branches[$0] } ?? []
  }

  package func hasChildren(_ lane: LaneID) -> Bool { lanesByParent[lane] != nil }

  /// The lanes that continue a lane.
  package func children(of lane: LaneID) -> Set<LaneID> { lanesByParent[lane] ?? [] }

  /// Whether lanes continue a lane.
  ///
  /// - `parent`: `nil` for what stands before the first change of a key.
  func hasChildren(of parent: LaneID?, root: LaneID) -> Bool {
    parent.map(hasChildren) ?? rootsWithoutLane.contains(root)
  }

  /// The lanes below a lane, at any depth, each after the one that it continues.
  package func descendants(of lane: LaneID) -> [LaneBranch] {
    var descendants = sorted(lanesByParent[lane])
    var place = 0
    while place < descendants.count {
      descendants += sorted(lanesByParent[descendants[place].lane])
      place += 1
    }
    return descendants
  }

  /// For each lane of forked keys a range of numbers: it begins with the lane's own, and holds those of
  /// all lanes below it.
  ///
  /// A key's lane has one too, where nothing is left of it.
  package func ranges() -> [LaneID: Range<Int>] {
    var ranges: [LaneID: Range<Int>] = [:]
    var beginnings: [LaneID: [LaneID]] = [:]
    for branch in branches.values where branch.parent == nil {
      beginnings[branch.root, default: []].append(branch.lane)
    }
    var waiting = lanesByRoot.keys.map { (lane: $0, begin: Int?.none) }
    var next = 0
    while let (lane, begin) = waiting.popLast() {
      if let begin {
        ranges[lane] = begin..<next
        continue
      }
      waiting.append((lane: lane, begin: next))
      next += 1
      for below in [lanesByParent[lane].map(Array.init), beginnings[lane]] {
        for lane in below ?? [] { waiting.append((lane: lane, begin: nil)) }
      }
    }
    return ranges
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
    for _ in 0..<Self.shortWay {
      guard let branch = branches[lane], seq < branch.firstSeq, let parent = branch.parent else {
        return lane
      }
      lane = parent
    }
    return ways.first(from: lane, in: branches) { $0.firstSeq <= seq }
  }

  /// A branch has one place in the tree: one that is there already is not put elsewhere.
  package mutating func insert(_ branch: LaneBranch) {
    guard branches[branch.lane] == nil else { return }
    ways = LaneWays()
    branches[branch.lane] = branch
    lanesByRoot[branch.root, default: []].insert(branch.lane)
    if let parent = branch.parent {
      lanesByParent[parent, default: []].insert(branch.lane)
    } else {
      rootsWithoutLane.insert(branch.root)
    }
  }

  /// Ends a lane sooner; what continued it continues the last of its branches.
  package mutating func split(_ split: LaneSplit) {
    ways = LaneWays()
    if let last = split.branches.last, let children = lanesByParent.removeValue(forKey: split.lane)
    {
      for child in children { branches[child]?.parent = last.lane }
      lanesByParent[last.lane, default: []].formUnion(children)
    }
    for branch in split.branches { insert(branch) }
  }
}

extension LaneTree: Hashable {
  package static func == (left: Self, right: Self) -> Bool { left.branches == right.branches }

  package func hash(into hasher: inout Hasher) { hasher.combine(branches) }
}

/// A lane of a log that is found to go on in other ways too.
package struct LaneSplit: Hashable, Sendable {
  package let lane: LaneID
  /// What the lane is from where it ends now, ascending.
  ///
  /// The first continues the lane, each other one the one before it. Where the first begins with the key's
  /// first change, nothing is left of the lane.
  package let branches: [LaneBranch]

  package init(lane: LaneID, branches: [LaneBranch]) {
    self.lane = lane
    self.branches = branches
  }
}

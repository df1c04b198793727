package import CRDT

/// What the gate asks a store about the log it has.
package protocol LogIndex {
  func head(of lane: LaneID) throws -> LaneHead?
  /// The key that a lane, or its branches, are written with.
  func writingKey(of lane: LaneID) throws -> PublicKey?
  /// The hash of a change; `nil` when the store does not have it.
  func hash(of change: ChangeID) throws -> Hash?
  /// The branches of forked keys.
  func laneTree() throws -> LaneTree
  /// Whether a branch is known to begin with a change, before the log has another one beside it.
  func beginsBranch(_ first: Hash) throws -> Bool
}

extension LogIndex {
  package func beginsBranch(_ first: Hash) throws -> Bool { false }
}

/// Decides whether a pack may be appended.
///
/// A change is appended only when the one before it in its lane, and everything it depends on, is
/// there with those hashes. So a store's log order is a causal order, and streaming it as it lies
/// is always right. A change that is there already with the same hash is skipped; with another
/// hash it is a fork, and begins a lane of its own.
package struct Gate {
  package let archive: ArchiveID

  package init(archive: ArchiveID) { self.archive = archive }

  /// A pack that passed.
  package struct Admission: Sendable {
    package let archive: ArchiveID
    /// Every change of the pack, in its order, in the lane where it belongs.
    package fileprivate(set) var changes: [Change] = []
    /// For each of `changes`: whether the store has it already.
    package fileprivate(set) var isKnown: [Bool] = []
    /// Which changes of which lane they are, in the pack's order.
    package fileprivate(set) var spans: [RunSpan] = []
    /// Lanes that begin in this pack with their own first change, and who certified them.
    package fileprivate(set) var beginnings: [LaneID: Certification] = [:]
    /// Branches that begin in this pack.
    package fileprivate(set) var branches: [LaneBranch] = []
    /// What the pack's lanes are written with; a branch is written with the key of the lane it left.
    package fileprivate(set) var keys: [LaneID: PublicKey] = [:]

    package var newCount: Int { isKnown.count { !$0 } }
  }

  /// Verifies a pack against a store's log.
  ///
  /// - Throws: ``LogFailure``, whatever the index throws, and ``LaneSplit`` when a lane must be split
  ///   first: the store does so and asks again, in a transaction that is undone when the pack fails
  ///   after all.
  package func admit(_ pack: Pack, to index: some LogIndex) throws -> Admission {
    var passage = Passage(archive: archive, index: index, tree: try index.laneTree())
    for run in pack.runs { try passage.admit(run) }
    return passage.admission
  }
}

/// One pack's way through the gate.
private struct Passage<Index: LogIndex> {
  let archive: ArchiveID
  let index: Index
  var tree: LaneTree
  var admission: Gate.Admission
  private var seen: [ChangeID: Hash] = [:]
  /// What the pack's changes so far continue: the hashes before them.
  private var continued: Set<Hash> = []
  private var heads: [LaneID: LaneHead] = [:]
  /// Where the changes are that others depend on; changes may name one again and again.
  private var dependencyLanes: [Dependency: LaneID] = [:]

  init(archive: ArchiveID, index: Index, tree: LaneTree) {
    self.archive = archive
    self.index = index
    self.tree = tree
    admission = Gate.Admission(archive: archive)
  }

  private func hash(of change: ChangeID) throws -> Hash? {
    if let hash = seen[change] { return hash }
    return try index.hash(of: change)
  }

  private func head(of lane: LaneID) throws -> LaneHead? {
    if let head = heads[lane] { return head }
    return try index.head(of: lane)
  }

  mutating func admit(_ run: PackedRun) throws {
    // A branch's key is known too, but who writes names the lane of the key.
    guard tree.branch(run.lane) == nil,
      let key = try run.writingKey ?? admission.keys[run.lane] ?? index.writingKey(of: run.lane)
    else {
      throw LogFailure.gap(ChangeID(lane: run.lane, seq: 1))
    }
    admission.keys[run.lane] = key
    var lane = try beginning(of: run)
    let previous: Hash
    if let lane {
      guard let hash = try hash(of: ChangeID(lane: lane, seq: run.firstSeq - 1)) else {
        throw LogFailure.gap(ChangeID(lane: lane, seq: run.firstSeq - 1))
      }
      previous = hash
    } else {
      previous = .beforeLane(archive: archive, writingKey: key)
    }
    var before = previous
    for change in try run.changes(archive: archive, key: key, previous: previous) {
      // No change stands in a pack twice, and no two ways of a fork: whether a pack is taken must not
      // depend on which of them a store knows.
      guard continued.insert(before).inserted else { throw LogFailure.malformed("pack") }
      before = change.hash
      let step = try step(from: lane, to: change, key: key)
      lane = step.lane
      try take(
        change.placed(in: step.lane, tree: tree, dependencies: dependencies(of: change)),
        isKnown: step.isKnown,
        key: key
      )
    }
  }

  /// The lane that a run continues; `nil` for one that begins with the key.
  private func beginning(of run: PackedRun) throws -> LaneID? {
    guard run.firstSeq > 1 else { return nil }
    let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
    return try lane(of: before, hashPrefix: run.previousPrefix)
  }

  /// The lane, among those of a key, that holds a change with a hash.
  ///
  /// - `change`: named by the lane of its key, as on the wire.
  private func lane(of change: ChangeID, hashPrefix: [UInt8]) throws -> LaneID {
    guard tree.branch(change.lane) == nil else { throw LogFailure.gap(change) }
    var isHeldOtherwise = false
    let branches = tree.isEmpty ? [] : tree.branches(of: change.lane)
    for lane in [change.lane] + branches.map(\.lane) {
      if let branch = tree.branch(lane), change.seq < branch.firstSeq { continue }
      guard let hash = try hash(of: ChangeID(lane: lane, seq: change.seq)) else { continue }
      if hash.prefix == hashPrefix { return lane }
      isHeldOtherwise = true
    }
    throw isHeldOtherwise ? LogFailure.fork(change) : .gap(change)
  }

  /// Where a change belongs that follows on the last one of a lane.
  private mutating func step(
    from lane: LaneID?,
    to change: Change,
    key: PublicKey
  ) throws -> (lane: LaneID, isKnown: Bool) {
    let seq = change.header.seq
    let root = change.lane
    // Before the first change stands no lane; then the key's own lane is the first to look at.
    let here = lane ?? root
    if let head = try head(of: here), head.seq >= seq {
      if try hash(of: ChangeID(lane: here, seq: seq)) == change.hash { return (here, true) }
      throw LaneSplit(lane: here, seq: seq)
    }
    let children = tree.isEmpty ? [] : tree.children(of: lane, root: root, at: seq)
    for child in children
    where try hash(of: ChangeID(lane: child.lane, seq: seq)) == change.hash {
      return (child.lane, true)
    }
    let isBranch = try !children.isEmpty || index.beginsBranch(change.hash)
    guard isBranch else { return (here, false) }
    let branch = LaneBranch(
      lane: LaneID(branchOf: key, first: change.hash),
      root: root,
      parent: lane,
      firstSeq: seq
    )
    tree.insert(branch)
    admission.branches.append(branch)
    return (branch.lane, false)
  }

  /// What a change depends on, in the lanes where it is.
  private mutating func dependencies(of change: Change) throws -> [Dependency] {
    try change.header.dependencies.map { dependency in
      if let lane = dependencyLanes[dependency] { return dependency.placed(in: lane) }
      let lane = try lane(of: dependency.change, hashPrefix: dependency.hashPrefix)
      dependencyLanes[dependency] = lane
      return dependency.placed(in: lane)
    }
  }

  private mutating func take(_ change: Change, isKnown: Bool, key: PublicKey) throws {
    if change.header.seq == 1 {
      admission.beginnings[change.lane] = try Certification(
        beginning: change,
        writingKey: key,
        archive: archive
      )
    }
    admission.isKnown.append(isKnown)
    admission.changes.append(change)
    seen[change.id] = change.hash
    if !isKnown { heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash) }
    if let last = admission.spans.last, last.lane == change.lane,
      last.lastSeq + 1 == change.header.seq
    {
      admission.spans[admission.spans.count - 1] = RunSpan(
        lane: last.lane,
        firstSeq: last.firstSeq,
        count: last.count + 1
      )
    } else {
      admission.spans.append(
        RunSpan(lane: change.lane, firstSeq: change.header.seq, count: 1)
      )
    }
  }
}

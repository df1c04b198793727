internal import CRDT

/// One pack's way through the gate.
///
/// Until the pack is through, a change is named by its *stem*: the lane where the log has it as the
/// pack comes, or a branch that begins in the pack. Where a run leaves a stem half-way, the stem is
/// cut, and what follows the cut gets its name at the end. So a pack is gone through once, however many
/// forks it shows.
struct Passage<Index: LogIndex> {
  private struct Taken {
    /// As its author wrote it.
    let change: Change
    let stem: LaneID
    let isKnown: Bool
  }

  /// A branch that a stem goes on as.
  private struct Cut {
    let firstSeq: UInt64
    let lane: LaneID
  }

  /// A change of a forked key, as runs and dependencies name it.
  private struct Claim: Hashable {
    let change: ChangeID
    let hashPrefix: [UInt8]
  }

  private let archive: ArchiveID
  private let index: Index
  /// The branches that the log has.
  private let tree: LaneTree
  private var taken: [Taken] = []
  private var keys: [LaneID: PublicKey] = [:]
  private var certifications: [LaneID: Certification] = [:]
  /// By stem.
  private var seen: [ChangeID: Hash] = [:]
  /// What the pack's changes so far continue: the hashes before them.
  private var continued: Set<Hash> = []
  /// By stem, where the pack makes it longer.
  private var heads: [LaneID: LaneHead] = [:]
  /// By stem, ascending.
  private var cuts: [LaneID: [Cut]] = [:]
  /// The stems that are cut, in the order in which they were.
  private var cutStems: [LaneID] = []
  /// Branches that begin in the pack; the parent is a stem.
  private var branches: [LaneBranch] = []
  private var begun: Set<LaneID> = []
  /// The stems of new changes of forked keys, by what runs and dependencies call them.
  private var forked: [Claim: LaneID] = [:]
  /// The changes of forked keys that the log has.
  private var held: BranchLookup<Index>
  /// Where the changes are that others depend on; changes may name one again and again.
  private var dependencyStems: [Dependency: LaneID] = [:]

  /// - `tree`: of the index.
  init(archive: ArchiveID, index: Index, tree: LaneTree) {
    self.archive = archive
    self.index = index
    self.tree = tree
    held = BranchLookup(index, tree: tree)
  }

  mutating func admit(_ run: PackedRun) throws {
    // A branch's key is known too, but who writes names the lane of the key.
    guard !isBranch(run.lane),
      let key = try run.writingKey ?? keys[run.lane] ?? index.writingKey(of: run.lane)
    else {
      throw LogFailure.gap(ChangeID(lane: run.lane, seq: 1))
    }
    keys[run.lane] = key
    var stem = try beginning(of: run)
    let previous: Hash
    if let stem {
      guard let hash = try hash(of: ChangeID(lane: stem, seq: run.firstSeq - 1)) else {
        throw LogFailure.gap(ChangeID(lane: stem, seq: run.firstSeq - 1))
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
      let step = try step(from: stem, to: change, key: key)
      stem = step.stem
      for dependency in change.header.dependencies where dependencyStems[dependency] == nil {
        dependencyStems[dependency] = try self.stem(
          of: dependency.change,
          hashPrefix: dependency.hashPrefix
        )
      }
      try take(change, of: step.stem, isKnown: step.isKnown, key: key)
    }
  }

  // MARK: - What is there

  private func hash(of change: ChangeID) throws -> Hash? {
    if let hash = seen[change] { return hash }
    return try index.hash(of: change)
  }

  private func head(of stem: LaneID) throws -> LaneHead? {
    if let head = heads[stem] { return head }
    return try index.head(of: stem)
  }

  /// Whether a name is that of a branch, also of one that begins in the pack: nobody who writes uses it.
  private func isBranch(_ lane: LaneID) -> Bool {
    tree.branch(lane) != nil || begun.contains(lane)
  }

  /// The stem that a run continues; `nil` for one that begins with the key.
  private mutating func beginning(of run: PackedRun) throws -> LaneID? {
    guard run.firstSeq > 1 else { return nil }
    let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
    return try stem(of: before, hashPrefix: run.previousPrefix)
  }

  /// The stem, among those of a key, that holds a change with a hash.
  ///
  /// - `change`: named by the lane of its key, as on the wire.
  private mutating func stem(of change: ChangeID, hashPrefix: [UInt8]) throws -> LaneID {
    guard !isBranch(change.lane) else { throw LogFailure.gap(change) }
    let hash = try hash(of: change)
    if let hash, hash.prefix == hashPrefix { return change.lane }
    if let stem = try held.branches(holding: change)[hashPrefix] { return stem }
    if let stem = forked[Claim(change: change, hashPrefix: hashPrefix)] { return stem }
    let ways = tree.branches(of: change.lane) + branches.filter { $0.root == change.lane }
    let isHeldOtherwise =
      try hash != nil
      || ways.contains { try self.hash(of: ChangeID(lane: $0.lane, seq: change.seq)) != nil }
    throw isHeldOtherwise ? LogFailure.fork(change) : .gap(change)
  }

  // MARK: - Steps

  /// Where a change belongs that follows on the last one of a stem.
  private mutating func step(
    from stem: LaneID?,
    to change: Change,
    key: PublicKey
  ) throws -> (stem: LaneID, isKnown: Bool) {
    let seq = change.header.seq
    let root = change.lane
    // Before the first change stands no lane; then the key's own lane is the first to look at.
    let here = stem ?? root
    if let head = try head(of: here), head.seq >= seq {
      guard let there = try hash(of: ChangeID(lane: here, seq: seq)) else {
        throw LogFailure.damaged("log")
      }
      if there == change.hash { return (here, true) }
      cut(here, at: seq, goingOnAs: LaneID(branchOf: key, first: there))
    } else {
      let isBranch =
        try tree.hasChildren(of: stem, root: root) || index.beginsBranch(change.hash)
      guard isBranch else { return (here, false) }
    }
    let lane = LaneID(branchOf: key, first: change.hash)
    if tree.branch(lane) != nil { return (lane, true) }
    branches.append(LaneBranch(lane: lane, root: root, parent: stem, firstSeq: seq))
    begun.insert(lane)
    return (lane, false)
  }

  private mutating func cut(_ stem: LaneID, at seq: UInt64, goingOnAs lane: LaneID) {
    if cuts[stem] == nil { cutStems.append(stem) }
    let place = cuts[stem]?.partitioningIndex { $0.firstSeq >= seq } ?? 0
    cuts[stem, default: []].insert(Cut(firstSeq: seq, lane: lane), at: place)
  }

  private mutating func take(
    _ change: Change,
    of stem: LaneID,
    isKnown: Bool,
    key: PublicKey
  ) throws {
    let seq = change.header.seq
    if seq == 1 {
      certifications[stem] = try Certification(
        beginning: change,
        writingKey: key,
        archive: archive
      )
    }
    taken.append(Taken(change: change, stem: stem, isKnown: isKnown))
    seen[ChangeID(lane: stem, seq: seq)] = change.hash
    guard !isKnown else { return }
    heads[stem] = LaneHead(seq: seq, hash: change.hash)
    if stem != change.lane {
      forked[Claim(change: change.id, hashPrefix: change.hash.prefix)] = stem
    }
  }

  // MARK: - The end

  /// What came through.
  consuming func admission() -> Gate.Admission {
    var admission = Gate.Admission(archive: archive)
    admission.keys = keys
    admission.isKnown = taken.map(\.isKnown)
    admission.splits = cutStems.map(split)
    admission.branches = branches.map { branch in
      var branch = branch
      branch.parent = branch.parent.map { lane(of: $0, at: branch.firstSeq - 1) }
      return branch
    }
    var tree = tree
    for split in admission.splits { tree.split(split) }
    for branch in admission.branches { tree.insert(branch) }
    for (stem, certification) in certifications {
      admission.beginnings[lane(of: stem, at: 1)] = certification
    }
    admission.changes = taken.map { taken in
      guard !tree.isEmpty else { return taken.change }
      return taken.change.placed(
        in: lane(of: taken.stem, at: taken.change.header.seq),
        tree: tree,
        dependencies: taken.change.header.dependencies.map { dependency in
          let stem = dependencyStems[dependency] ?? dependency.change.lane
          return dependency.placed(in: lane(of: stem, at: dependency.change.seq))
        }
      )
    }
    for change in admission.changes { admission.append(change.id) }
    return admission
  }

  /// The lane that a change of a stem is in.
  private func lane(of stem: LaneID, at seq: UInt64) -> LaneID {
    guard let cuts = cuts[stem] else { return stem }
    let place = cuts.partitioningIndex { $0.firstSeq > seq }
    return place == 0 ? stem : cuts[place - 1].lane
  }

  private func split(_ stem: LaneID) -> LaneSplit {
    var before = stem
    let branches = (cuts[stem] ?? []).map { cut in
      defer { before = cut.lane }
      return LaneBranch(
        lane: cut.lane,
        root: tree.root(of: stem),
        // Of a lane that is cut before its first change nothing is left.
        parent: cut.firstSeq == 1 ? nil : before,
        firstSeq: cut.firstSeq
      )
    }
    return LaneSplit(lane: stem, branches: branches)
  }
}

extension Gate.Admission {
  /// Adds a change to the spans.
  fileprivate mutating func append(_ change: ChangeID) {
    if let last = spans.last, last.lane == change.lane, last.lastSeq + 1 == change.seq {
      spans[spans.count - 1] = RunSpan(
        lane: last.lane,
        firstSeq: last.firstSeq,
        count: last.count + 1
      )
    } else {
      spans.append(RunSpan(lane: change.lane, firstSeq: change.seq, count: 1))
    }
  }
}

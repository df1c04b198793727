internal import CRDT
internal import ChangeLog
internal import SyncProtocol

/// What a peer holds of this log's lanes, by what it claims of its own.
///
/// A peer that does not know of a fork calls a branch by the name of its key's lane, or of a lane that the
/// branch continues; the hash that it claims tells which one it means.
struct HeldLanes {
  private let claims: ClaimedFrontier
  private let log: SQLiteLog
  private let tree: LaneTree
  private let ranges: [LaneID: Range<Int>]
  private var lookup: BranchLookup<SQLiteLog>
  private var held: [LaneID: UInt64] = [:]
  private var equal: [LaneID: Bool] = [:]
  /// For a lane, the one at it or above it that the peer claims.
  private var claimed: [LaneID: LaneID?] = [:]

  init(_ claims: ClaimedFrontier, _ log: SQLiteLog, tree: LaneTree) {
    self.claims = claims
    self.log = log
    self.tree = tree
    ranges = tree.ranges()
    lookup = BranchLookup(log, tree: tree)
  }

  /// The seq up to which nothing of a lane has to be sent.
  mutating func heldSeq(of lane: LaneID) throws -> UInt64 {
    if let seq = held[lane] { return seq }
    let seq = isEqual(lane) ? .max : try self.seq(of: lane)
    held[lane] = seq
    return seq
  }

  /// Whether both sides hold the same of a lane, as their digests said.
  ///
  /// A branch may have come to be since then, of a lane of which they said that it differs.
  private mutating func isEqual(_ lane: LaneID) -> Bool {
    var way: [LaneID] = []
    var next: LaneID? = lane
    var result = true
    while let lane = next {
      if let known = equal[lane] {
        result = known
        break
      }
      way.append(lane)
      if claims.buckets.contains(lane.bucket) {
        result = false
        break
      }
      next = tree.branch(lane).map { $0.parent ?? $0.root }
    }
    for lane in way { equal[lane] = result }
    return result
  }

  /// The seq up to which the peer holds a lane of this log.
  private mutating func seq(of lane: LaneID) throws -> UInt64 {
    guard let claimed = claimedLane(of: lane), let claim = claims.heads[claimed],
      let head = try log.head(of: lane)
    else { return 0 }
    guard let holder = try holder(of: claim, below: claimed) else {
      return claimed == lane && claim.seq > head.seq ? head.seq : 0
    }
    if holder == lane { return claim.seq }
    return isBelow(holder, lane) ? head.seq : 0
  }

  /// The nearest lane, from a lane on towards its key's beginning, that the peer claims.
  private mutating func claimedLane(of lane: LaneID) -> LaneID? {
    var way: [LaneID] = []
    var next: LaneID? = lane
    var found: LaneID?
    while let lane = next {
      if let known = claimed[lane] {
        found = known
        break
      }
      way.append(lane)
      if claims.heads[lane] != nil {
        found = lane
        break
      }
      // Even the first changes of a key may differ: the peer may know one of them by the key's lane.
      next = tree.branch(lane).map { $0.parent ?? $0.root }
    }
    for lane in way { claimed[lane] = .some(found) }
    return found
  }

  /// The lane of this log that holds what a peer claims of a lane, or of one that this one became.
  private mutating func holder(of claim: ClaimedHead, below lane: LaneID) throws -> LaneID? {
    let hash = try log.hash(of: ChangeID(lane: lane, seq: claim.seq))
    if hash?.prefix == claim.hashPrefix { return lane }
    let change = ChangeID(lane: tree.root(of: lane), seq: claim.seq)
    let holder = try lookup.branches(holding: change)[claim.hashPrefix]
    return holder.flatMap { isBelow($0, lane) ? $0 : nil }
  }

  /// Whether a lane continues another one, at whatever distance.
  private func isBelow(_ lane: LaneID, _ other: LaneID) -> Bool {
    guard let range = ranges[lane], let others = ranges[other] else { return false }
    return others.contains(range.lowerBound)
  }
}

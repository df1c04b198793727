internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import SyncProtocol

/// Decides which packs of the log, and what of them, a peer lacks.
struct PackSelection {
  private enum Rule {
    case notFrom(StoreID)
    case beyond(HeldLanes)
  }

  private var rule: Rule

  init(_ selection: PackRequest.Selection, _ log: SQLiteLog) throws {
    switch selection {
    case .notFrom(let peer): rule = .notFrom(peer)
    case .beyond(let frontier):
      rule = .beyond(HeldLanes(frontier, log, tree: try log.laneTree()))
    }
  }

  /// Where in a pack, from 0, the changes are that the peer lacks, and what lies between them.
  ///
  /// - `source`: the store that brought it.
  /// Returns: `nil` where it lacks none.
  mutating func places(
    in pack: PackPlace,
    source: Data?,
    _ db: Database
  ) throws -> Range<Int64>? {
    switch rule {
    case .notFrom(let peer):
      return source.map { Array($0) } == peer.bytes ? nil : 0..<pack.count
    case .beyond(var held):
      defer { rule = .beyond(held) }
      var places: Range<Int64>?
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT lanes.lane, runs.first_seq, runs.last_seq, runs.place
            FROM runs JOIN lanes ON lanes.id = runs.lane WHERE runs.pack = ?
            """
        ),
        arguments: [pack.position]
      )
      while let row = try rows.next() {
        guard let lane = LaneID(try row.decode(atIndex: 0) as Data) else {
          throw LogFailure.damaged("log")
        }
        let (first, last, place): (Int64, Int64, Int64) = try (
          row.decode(atIndex: 1), row.decode(atIndex: 2), row.decode(atIndex: 3)
        )
        let heldSeq = Int64(clamping: try held.heldSeq(of: lane))
        guard pack.holds(firstSeq: first, lastSeq: last, place: place) else {
          throw LogFailure.damaged("log")
        }
        guard heldSeq < last else { continue }
        let begin = place + max(0, heldSeq + 1 - first)
        let end = place + last - first + 1
        places = min(begin, places?.lowerBound ?? begin)..<max(end, places?.upperBound ?? end)
      }
      return places
    }
  }
}

/// What a peer holds of this log's lanes, by what it claims of its own.
///
/// A peer that does not know of a fork calls a branch by the name of its key's lane; the hash that it
/// claims tells which one it means.
private struct HeldLanes {
  private let claims: ClaimedFrontier
  private let log: SQLiteLog
  private let tree: LaneTree
  private var held: [LaneID: UInt64] = [:]

  init(_ claims: ClaimedFrontier, _ log: SQLiteLog, tree: LaneTree) {
    self.claims = claims
    self.log = log
    self.tree = tree
  }

  /// The seq up to which nothing of a lane has to be sent.
  mutating func heldSeq(of lane: LaneID) throws -> UInt64 {
    guard claims.buckets.contains(lane.bucket) else { return .max }
    if let seq = held[lane] { return seq }
    let seq = try self.seq(of: lane)
    held[lane] = seq
    return seq
  }

  /// The seq up to which the peer holds a lane of this log.
  private func seq(of lane: LaneID) throws -> UInt64 {
    if let claim = claims.heads[lane] { return try seq(of: lane, claiming: claim) }
    for parent in tree.path(to: lane).dropFirst() {
      if let claim = claims.heads[parent] { return try seq(of: lane, claiming: claim) }
    }
    // Even the first changes of the key differ: the peer may know one of them by the key's lane.
    guard let branch = tree.branch(lane), let claim = claims.heads[branch.root] else { return 0 }
    return try seq(of: lane, claiming: claim)
  }

  private func seq(of lane: LaneID, claiming claim: ClaimedHead) throws -> UInt64 {
    guard let head = try log.head(of: lane) else { return 0 }
    if claim.seq <= head.seq {
      let hash = try log.hash(of: ChangeID(lane: lane, seq: claim.seq))
      return hash?.prefix == claim.hashPrefix ? claim.seq : 0
    }
    // The peer is ahead, on a branch of this lane, or on the lane itself.
    for branch in tree.descendants(of: lane) {
      let hash = try log.hash(of: ChangeID(lane: branch.lane, seq: claim.seq))
      if hash?.prefix == claim.hashPrefix { return head.seq }
    }
    return claims.heads[lane] == nil ? 0 : head.seq
  }
}

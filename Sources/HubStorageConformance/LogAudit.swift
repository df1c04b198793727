internal import CRDT
package import ChangeLog
package import SyncProtocol

/// Reads a log from its beginning and judges it without the store's help: no hole, no change before
/// one that it depends on, every chain, signature and running check as it must be.
package struct LogAudit: Sendable {
  /// Every place of the log in its order, those of repeated changes too.
  package private(set) var changes: [ChangeID] = []
  /// The packs as they were stored.
  package private(set) var packs: [PackDelivery] = []
  private let archive: ArchiveID
  private let store: StoreID
  private var check: LogCheck
  /// Every change by its hash: a forked key has several of one name.
  private var nodes: [Hash: Node] = [:]
  private var hashes: [ChangeID: Set<Hash>] = [:]
  private var keys: [LaneID: PublicKey] = [:]

  private struct Node {
    let change: ChangeID
    /// The hash before it; that before the lane for the first one.
    let previous: Hash
  }

  /// Where the audited part ends.
  package var end: Cursor {
    Cursor(store: store, position: UInt64(changes.count), check: check.prefix)
  }

  package init(of archive: ArchiveID, store: StoreID) {
    self.archive = archive
    self.store = store
    check = LogCheck(store: store)
  }

  /// Takes the log's next pack.
  ///
  /// - Throws: ``LogFlaw`` and `LogFailure`.
  package mutating func read(_ delivery: PackDelivery) throws {
    for run in try Pack(delivery.pack).runs { try read(run) }
    packs.append(delivery)
    guard delivery.position == end.position else {
      throw LogFlaw("a pack ends at \(delivery.position), not at \(end.position)")
    }
    guard delivery.check == end.check else {
      throw LogFlaw("the running check at \(end.position) does not hold")
    }
  }

  private mutating func read(_ run: PackedRun) throws {
    let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
    guard let key = run.writingKey ?? keys[run.lane] else {
      throw LogFlaw("lane \(run.lane.bytes.hex) has no beginning")
    }
    let previous =
      before.seq == 0
      ? .beforeLane(archive: archive, writingKey: key)
      : hashes[before]?.first { $0.prefix == run.previousPrefix }
    guard var previous else { throw LogFlaw("change \(before.seq) comes after its successor") }
    keys[run.lane] = key
    for change in try run.changes(archive: archive, key: key, previous: previous) {
      try read(change, after: previous)
      previous = change.hash
    }
  }

  private mutating func read(_ change: Change, after previous: Hash) throws {
    for dependency in change.header.dependencies
    where hashes[dependency.change]?.contains(where: { $0.prefix == dependency.hashPrefix }) != true
    {
      throw LogFlaw("change \(change.header.seq) comes before what it depends on")
    }
    check.append(change.hash)
    changes.append(change.id)
    hashes[change.id, default: []].insert(change.hash)
    nodes[change.hash] = Node(change: change.id, previous: previous)
  }

  /// The head of every lane, worked out from the set of changes alone: a lane is a way between two
  /// forks of its key's changes, named by where it begins.
  package var frontier: Frontier {
    let followers = Dictionary(grouping: nodes.keys) { nodes[$0]?.previous }
    var heads: [LaneID: LaneHead] = [:]
    for (key, lane) in keys.map({ ($0.value, $0.key) }) {
      var waiting: [(lane: LaneID, hash: Hash, seq: UInt64)] = [
        (lane, .beforeLane(archive: archive, writingKey: key), 0)
      ]
      while var (lane, hash, seq) = waiting.popLast() {
        var next = followers[hash] ?? []
        while next.count == 1 {
          hash = next[0]
          seq += 1
          next = followers[hash] ?? []
        }
        if seq > 0 { heads[lane] = LaneHead(seq: seq, hash: hash) }
        for first in next {
          lane = LaneID(branchOf: key, first: first)
          var end = (hash: first, seq: seq + 1)
          while let followers = followers[end.hash], followers.count == 1 {
            end = (followers[0], end.seq + 1)
          }
          heads[lane] = LaneHead(seq: end.seq, hash: end.hash)
          if followers[end.hash] != nil { waiting.append((lane, end.hash, end.seq)) }
        }
      }
    }
    return Frontier(heads)
  }
}

/// What is wrong with a log.
package struct LogFlaw: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

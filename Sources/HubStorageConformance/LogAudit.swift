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
  package private(set) var frontier = Frontier()
  private let archive: ArchiveID
  private let store: StoreID
  private var check: LogCheck
  private var hashes: [ChangeID: Hash] = [:]
  private var keys: [LaneID: PublicKey] = [:]

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
      before.seq == 0 ? .beforeLane(archive: archive, writingKey: key) : hashes[before]
    guard let previous else { throw LogFlaw("change \(before.seq) comes after its successor") }
    keys[run.lane] = key
    for change in try run.changes(archive: archive, key: key, previous: previous) {
      try read(change)
    }
  }

  private mutating func read(_ change: Change) throws {
    for dependency in change.header.dependencies
    where hashes[dependency.change]?.prefix != dependency.hashPrefix {
      throw LogFlaw("change \(change.header.seq) comes before what it depends on")
    }
    if let known = hashes[change.id], known != change.hash {
      throw LogFlaw("change \(change.header.seq) is there in two forms")
    }
    check.append(change.hash)
    changes.append(change.id)
    hashes[change.id] = change.hash
    if change.header.seq > frontier.heads[change.lane]?.seq ?? 0 {
      frontier.heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
    }
  }
}

/// What is wrong with a log.
package struct LogFlaw: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

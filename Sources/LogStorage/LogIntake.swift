package import CRDT
package import ChangeLog
internal import Foundation
package import GRDB
package import SyncProtocol

/// Takes peers' packs into a log, many within one transaction: what only this transaction changes is read
/// from the database once.
///
/// Used in one transaction, by whoever holds its lock, and ended by ``finish()``.
package final class LogIntake {
  private struct Lane {
    let number: Int64
    let key: PublicKey
    var head: LaneHead
  }

  private let log: SQLiteLog
  private var archive: ArchiveID?
  private var tree: LaneTree?
  /// Lanes that the log holds.
  private var lanes: [LaneID: Lane] = [:]
  private var stores: [StoreID: Int64] = [:]
  /// How far peers' logs are known now.
  private var cursors: [StoreID: ChangeLog.Cursor] = [:]

  package init(_ db: Database) { log = SQLiteLog(db) }

  /// Takes a peer's pack in: verifies, passes it through the gate, appends it, and moves the cursor
  /// into the peer's log.
  ///
  /// A pack without any change that is new is not kept.
  /// Throws: `LogFailure` when the gate refuses; nothing of the pack was written then, but what it
  /// says about the peer.
  ///
  /// - `pack`: the delivery's pack, opened.
  package func receive(
    _ delivery: PackDelivery,
    _ pack: Pack,
    from peer: StoreID
  ) throws -> Gate.Admission {
    guard let archive = try archive ?? log.genesis()?.archive else {
      throw PeerFailure(.protocolViolation, "a pack before the archive's genesis record")
    }
    self.archive = archive
    let admission: Gate.Admission
    do {
      admission = try take(pack, storing: delivery.pack, into: archive, from: peer)
    } catch let failure as LogFailure {
      // What was known of the peer's log before, too, is forgotten with some failures.
      try rememberCursor(of: peer)
      try log.note(failure, of: peer)
      throw failure
    }
    cursors[peer] = ChangeLog.Cursor(
      store: peer,
      position: delivery.position,
      check: delivery.check
    )
    return admission
  }

  /// Passes a pack through the gate and appends it, unless nothing in it is new.
  ///
  /// - `bytes`: what is kept of it.
  /// - `source`: the store that brought it.
  /// Throws: `LogFailure`; nothing was written then.
  func take(
    _ pack: Pack,
    storing bytes: [UInt8],
    into archive: ArchiveID,
    from source: StoreID?
  ) throws -> Gate.Admission {
    let admission = try Gate(archive: archive).admit(pack, to: self)
    if admission.newCount > 0 { try append(bytes, admission, from: source) }
    return admission
  }

  /// Writes how far peers' logs are known.
  package func finish() throws {
    for peer in Array(cursors.keys) { try rememberCursor(of: peer) }
  }

  private func rememberCursor(of peer: StoreID) throws {
    guard let cursor = cursors.removeValue(forKey: peer) else { return }
    try log.remember(cursor, ofStore: number(of: peer))
  }

  private func append(
    _ bytes: [UInt8],
    _ admission: Gate.Admission,
    from source: StoreID?
  ) throws {
    if admission.splits.isEmpty {
      try appendWhole(bytes, admission, from: source)
      return
    }
    do {
      try log.database.inSavepoint {
        try split(admission.splits)
        try appendWhole(bytes, admission, from: source)
        return .commit
      }
    } catch {
      // Of what was not written nothing is known either.
      (tree, lanes, stores) = (nil, [:], [:])
      throw error
    }
  }

  private func split(_ splits: [LaneSplit]) throws {
    for split in splits {
      try log.split(split, continuedBy: laneTree().children(of: split.lane))
      lanes[split.lane] = nil
      tree?.split(split)
    }
  }

  /// Appends a pack whose lanes are split as it wants them.
  private func appendWhole(
    _ bytes: [UInt8],
    _ admission: Gate.Admission,
    from source: StoreID?
  ) throws {
    try log.append(
      bytes,
      spans: admission.spans,
      hashes: admission.changes.map(\.hash),
      beginnings: admission.beginnings,
      branches: admission.branches,
      from: source.map(number),
      numberOf: { try lane($0)?.number }
    )
    for branch in admission.branches { tree?.insert(branch) }
    for root in Set(admission.branches.map(\.root)) { try log.acquit(root) }
    var end = 0
    for span in admission.spans {
      end += span.count
      let head = LaneHead(seq: span.lastSeq, hash: admission.changes[end - 1].hash)
      if let known = lanes[span.lane], known.head.seq < head.seq { lanes[span.lane]?.head = head }
    }
  }

  private func number(of store: StoreID) throws -> Int64 {
    if let number = stores[store] { return number }
    let number = try log.number(ofStore: store)
    stores[store] = number
    return number
  }

  private func lane(_ lane: LaneID) throws -> Lane? {
    if let known = lanes[lane] { return known }
    let row = try Row.fetchOne(
      log.database,
      cached: "SELECT id, writing_key, seq, hash FROM lanes WHERE lane = ?",
      arguments: [lane.bytes.blob]
    )
    guard let row else { return nil }
    guard let key = PublicKey(try row.decode(atIndex: 1) as Data),
      let seq = UInt64(exactly: try row.decode(atIndex: 2) as Int64),
      let hash = Hash(try row.decode(atIndex: 3) as Data)
    else { throw LogFailure.damaged("log") }
    let known = Lane(
      number: try row.decode(atIndex: 0),
      key: key,
      head: LaneHead(seq: seq, hash: hash)
    )
    lanes[lane] = known
    return known
  }
}

extension LogIntake: LogIndex {
  package func head(of lane: LaneID) throws -> LaneHead? { try self.lane(lane)?.head }

  package func writingKey(of lane: LaneID) throws -> PublicKey? {
    // The lane of a forked key may be there by its branches only.
    try self.lane(lane)?.key ?? log.writingKey(of: lane)
  }

  package func hash(of change: ChangeID) throws -> Hash? {
    let head = try lane(change.lane)?.head
    return if let head, head.seq == change.seq { head.hash } else { try log.hash(of: change) }
  }

  package func laneTree() throws -> LaneTree {
    if let tree { return tree }
    let tree = try log.laneTree()
    self.tree = tree
    return tree
  }
}

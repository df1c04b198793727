package import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage
package import SyncProtocol

extension Replica: LogStore {
  package func view(
    of peer: StoreID?,
    knowing cursor: ChangeLog.Cursor?,
    writing lane: LaneID?
  ) throws -> StoreView {
    try database.read { db in
      try SQLiteLog(db).view(
        of: peer,
        knowing: cursor,
        writing: lane,
        own: try Self.lane(db),
        remembering: frontierMemory
      )
    }
  }

  package func logEnd() throws -> LogEnd {
    try database.read { LogEnd(try SQLiteLog($0).end()) }
  }

  /// Makes the replica ready to speak to a peer: a copy of another replica's file gets a store id of
  /// its own, and the mark is on disk before anything of ours leaves the machine.
  package func prepareToSync() throws {
    try database.write { db in
      try recogniseCopy(db)
      try setMark(db)
    }
  }

  package func frontier() throws -> Frontier {
    try database.read { try SQLiteLog($0).frontier() }
  }

  package func packs(_ request: PackRequest) throws -> PackBatch {
    try database.read { try SQLiteLog($0).packs(request) }
  }

  package func append(_ packs: [PackDelivery], from peer: StoreID) throws -> AppendReceipt {
    let opened = OpenedPacks(packs, budget: openingBudget) { ReadChange.all(of: $0) }
    let now = environment.now()
    var refusal: (any Error)?
    let newChangeCount = try database.write { db in
      let log = SQLiteLog(db)
      let intake = LogIntake(db)
      let state = StateWriter(db)
      var newChangeCount = 0
      // Lanes have got other names.
      var hasSplit = false
      for (place, delivery) in packs.enumerated() {
        let admission: Gate.Admission
        let read: [ReadChange]
        do {
          let (pack, contents) = try opened.take(place)
          read = contents
          admission = try intake.receive(delivery, pack, from: peer)
        } catch let failure as LogFailure {
          // What the gate refuses wrote nothing; packs before it stay. An error from the state below
          // is another matter: it undoes the whole transaction.
          refusal = failure
          break
        } catch let failure as PeerFailure {
          refusal = failure
          break
        }
        guard admission.newCount > 0 else { continue }
        newChangeCount += admission.newCount
        try retireLane(db, continuedBy: admission)
        if !admission.splits.isEmpty { hasSplit = true }
        // The state is made anew below.
        guard !hasSplit else { continue }
        let before = try log.end().position - UInt64(admission.changes.count)
        for (offset, change) in admission.changes.enumerated() where !admission.isKnown[offset] {
          try state.apply(
            change,
            at: before + UInt64(offset) + 1,
            read: offset < read.count && read[offset].isOf(change) ? read[offset] : nil
          )
        }
      }
      try intake.finish()
      if hasSplit { try Self.rebuild(db) } else { try state.finish() }
      try Arrivals.note(now, db)
      return newChangeCount
    }
    if let refusal { throw refusal }
    return AppendReceipt(newChangeCount: newChangeCount)
  }

  package func remember(_ cursor: ChangeLog.Cursor) throws {
    try database.write { try SQLiteLog($0).settle(at: cursor) }
  }

  package func forget(_ peer: StoreID) throws {
    try database.write { db in
      try SQLiteLog(db).forget(peer)
      // Nor is it sure what it has.
      try db.execute(
        sql: "UPDATE remotes SET sent = 0 WHERE store = ?",
        arguments: [peer.bytes.blob]
      )
    }
  }

  package func witness(_ head: ClaimedHead, of lane: LaneID) throws {
    try database.write { db in
      guard try Self.lane(db) == lane, let own = try SQLiteLog(db).head(of: lane),
        head.seq > own.seq || head.seq == own.seq && head.hashPrefix != own.hash.prefix
      else { return }
      try retireLane(db)
    }
  }

  package func adopt(_ genesis: Genesis) throws {
    try database.write { try SQLiteLog($0).adopt(genesis) }
  }
}

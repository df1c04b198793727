package import CRDT
package import ChangeLog

/// What a session needs of a store: the other end of its storage effects.
///
/// Each call is one transaction. A position that was once visible means the same change for ever;
/// no position is visible before all smaller ones.
package protocol LogStore: Sendable {
  /// The log as it stands, and how it stands to a peer.
  ///
  /// - `peer`: the peer's store, where known.
  /// - `cursor`: how far the peer says it knows this log.
  /// - `lane`: the lane that the peer writes.
  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) throws -> StoreView

  /// Where the log ends.
  func logEnd() throws -> LogEnd

  /// The head of every lane, in one read.
  func frontier() throws -> Frontier

  /// The next packs in log order.
  func packs(_ request: PackRequest) throws -> PackBatch

  /// Appends packs, and moves the cursor into the peer's log, in one transaction that is durable
  /// when the call returns.
  ///
  /// - Throws: ``LogFailure`` for the first pack that the gate refuses; packs before it stay.
  func append(_ packs: [PackDelivery], from peer: StoreID) throws -> AppendReceipt

  /// Remembers how far the peer's log is known, after everything up to there was seen.
  func remember(_ cursor: Cursor) throws

  /// Forgets how far a peer's log is known, and what it brought: the next session asks for frontiers, and
  /// nothing is left out for it that was appended before.
  func forget(_ peer: StoreID) throws

  /// Takes note of what a peer holds of this store's own lane.
  ///
  /// A store that finds itself behind, or on another way, was brought back to an earlier time: it must
  /// not go on writing the lane.
  func witness(_ head: ClaimedHead, of lane: LaneID) throws

  /// Makes an empty store the archive of a genesis record.
  ///
  /// - Throws: ``PeerFailure`` of code `wrongArchive` when it already is another one.
  func adopt(_ genesis: Genesis) throws
}

extension LogStore {
  package func logEnd() throws -> LogEnd {
    LogEnd(try view(of: nil, knowing: nil, writing: nil).end)
  }

  /// Nothing to take note of: a store that writes no lane.
  package func witness(_ head: ClaimedHead, of lane: LaneID) throws {}
}

/// Where a store's log ends.
package struct LogEnd: Hashable, Sendable {
  package let store: StoreID
  package let position: UInt64

  package init(store: StoreID, position: UInt64) {
    self.store = store
    self.position = position
  }

  package init(_ cursor: Cursor) { self.init(store: cursor.store, position: cursor.position) }
}

/// A store's log at one moment.
package struct StoreView: Sendable {
  package let genesis: Genesis?
  package let end: Cursor
  package let frontier: Hash
  /// How far this store knows the peer's log.
  package let known: Cursor?
  /// Whether the peer's cursor into this log holds.
  package let isPeerCursorValid: Bool
  /// What this store holds of the peer's lane.
  package let peerLane: ClaimedHead?
  /// The lane that this store's machine writes itself, where it has written.
  package let ownLane: OwnLane?
  /// Lanes that the peer continues, by what it sent, in a way that is not here: nothing of them is
  /// claimed to it, so that it sends all of them.
  ///
  /// *Why to it alone*: a fork is found before any signature is verified. Whoever makes one up has only
  /// itself to send more.
  package let suspects: Set<LaneID>

  package struct OwnLane: Sendable {
    package let lane: LaneID
    package let head: LaneHead

    package init(lane: LaneID, head: LaneHead) {
      self.lane = lane
      self.head = head
    }
  }

  package init(
    genesis: Genesis?,
    end: Cursor,
    frontier: Hash,
    known: Cursor?,
    isPeerCursorValid: Bool,
    peerLane: ClaimedHead?,
    ownLane: OwnLane?,
    suspects: Set<LaneID> = []
  ) {
    self.genesis = genesis
    self.end = end
    self.frontier = frontier
    self.known = known
    self.isPeerCursorValid = isPeerCursorValid
    self.peerLane = peerLane
    self.ownLane = ownLane
    self.suspects = suspects
  }
}

/// Which packs to read.
package struct PackRequest: Sendable {
  /// Which packs a peer lacks.
  package enum Selection: Sendable {
    /// All but those that this peer brought.
    case notFrom(StoreID)
    /// Those with a change beyond what the peer holds.
    case beyond(ClaimedFrontier)
  }

  /// Packs that end after this position.
  package let after: UInt64
  /// …and up to this one.
  package let upTo: UInt64
  package let selection: Selection
  /// Bytes to read at most, but at least one pack.
  package let byteLimit: Int
  package let packLimit: Int

  package init(
    after: UInt64,
    upTo: UInt64,
    selection: Selection,
    byteLimit: Int,
    packLimit: Int
  ) {
    self.after = after
    self.upTo = upTo
    self.selection = selection
    self.byteLimit = byteLimit
    self.packLimit = packLimit
  }
}

/// Packs as they were read.
package struct PackBatch: Sendable {
  package let packs: [PackDelivery]
  /// Everything selected up to here has been read; equal to the request's `upTo` at the end.
  package let position: UInt64
  /// Changes in the packs.
  package let changeCount: Int

  package init(packs: [PackDelivery], position: UInt64, changeCount: Int) {
    self.packs = packs
    self.position = position
    self.changeCount = changeCount
  }
}

/// What appending packs came to.
package struct AppendReceipt: Sendable {
  /// Changes that were not there before.
  package let newChangeCount: Int

  package init(newChangeCount: Int) { self.newChangeCount = newChangeCount }
}

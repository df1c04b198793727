package import CRDT
package import ChangeLog

/// What happens to a session.
package enum SessionEvent: Sendable {
  /// The dialler's connection stands; this is its store. `time` is the wall clock, ms.
  case opened(StoreView, time: Int64)
  case received(SyncMessage)
  case viewed(StoreView, time: Int64)
  case gotFrontier(Frontier, FrontierPurpose)
  case gotPacks(PackBatch)
  /// The packs up to this position of the peer's log are durable here.
  case stored(position: UInt64, AppendReceipt)
  /// The store, or whoever decides who may come in, says no.
  case refused(PeerFailure)
  /// The peer closed the connection.
  case ended
  /// This side's log has come to end there: what was appended before may be sent.
  case grown(LogEnd)
  /// Nothing came from the peer for as long as ``SyncLimits/quietInterval``.
  case quiet
  /// This side wants to end the session.
  case leave
}

/// What a session wants done, in order.
package enum SessionEffect: Sendable {
  case send(SyncMessage)
  /// Find the archive and decide whether the peer may have it. Answered by ``SessionEvent/refused(_:)``
  /// or by nothing.
  case authorise(RequestedArchive)
  /// Answered by ``SessionEvent/viewed(_:time:)``.
  case view(ViewRequest)
  /// Answered by ``SessionEvent/gotFrontier(_:_:)``.
  case getFrontier(FrontierPurpose)
  /// Answered by ``SessionEvent/gotPacks(_:)``.
  case getPacks(PackRequest)
  /// Answered by ``SessionEvent/stored(position:_:)``.
  case append([PackDelivery], from: StoreID)
  case adopt(Genesis)
  case remember(Cursor)
  /// Forget how far this peer's log is known, and what it brought.
  case forget(StoreID)
  /// The peer says what it holds of this side's own lane.
  case witness(ClaimedHead, of: LaneID)
  /// The peer proved to speak the protocol: frames may be as large as the limits say.
  case allowLargeFrames
  /// The session stays open: tell it from now on when the log grows, and when it shall leave. Answered
  /// by ``SessionEvent/grown(_:)`` and ``SessionEvent/leave``.
  case stay(SessionOutcome)
  /// Answered by ``SessionEvent/quiet``, whenever it is so.
  case watchSilence
  case finish(SessionOutcome)
  /// Tell the peer, and close.
  case fail(PeerFailure)
  /// The peer told: close.
  case end(PeerFailure)
}

/// Arguments of ``LogStore/view(of:knowing:writing:)``.
package struct ViewRequest: Sendable {
  package var peer: StoreID?
  package var cursor: Cursor?
  package var lane: LaneID?
}

/// What a frontier is read for.
package enum FrontierPurpose: Sendable {
  /// To ask the peer what it holds.
  case asking
  /// To answer the peer, whose bucket digests these are.
  case answering([UInt8: [UInt8]])
  /// To compare with the peer's digest.
  case comparing
}

/// How a session ended, when it ended well.
package struct SessionOutcome: Sendable {
  package enum Verdict: Sendable {
    /// Both sides hold the same changes.
    case equal
    /// Everything went over; whether the sides are equal then, the dialler knows.
    case delivered
    /// All that there was went over, and still the sides hold different changes.
    case different
    /// The peer went away before the end. The answerer's side only: to the dialler this is a failure.
    case interrupted
  }

  package var verdict: Verdict
  package var tally: SessionTally
  /// The peer's clock minus this one's, ms, by the greeting.
  package var clockOffset: Int64
  package var peerStore: StoreID?
}

/// What went over the line, as one side counts it.
package struct SessionTally: Sendable {
  /// Times that this side had to wait for an answer before it could go on.
  package var roundTrips = 0
  package var packsSent = 0
  package var packsReceived = 0
  package var changesSent = 0
  /// Changes that were not here before.
  package var changesReceived = 0
}

extension SessionEvent {
  /// What it keeps in memory of packs, bytes.
  var packByteCount: Int {
    if case .received(let message) = self { message.packByteCount } else { 0 }
  }
}

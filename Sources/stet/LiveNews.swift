import ChangeLog
import SyncProtocol
import SyncTransport
import Synchronization

/// What came and went in a live sync since somebody last asked.
final class LiveNews: Sendable {
  struct Happened {
    var isBeginning = false
    /// Whether both sides held the same then.
    var isEqual = true
    var receivedCount = 0
    var sentCount = 0
    /// The remote has everything up to this position, and what it brought itself.
    var sent: UInt64?
    var peer: StoreID?
    /// The remote's clock minus this one's, ms.
    var clockOffset: Int64 = 0
  }

  private struct State {
    /// Where the log ended when the present session began.
    var start: UInt64 = 0
    /// The store of the present session, once both sides are equal.
    var peer: StoreID?
    var clockOffset: Int64 = 0
    var happened: Happened?
  }

  private let state = Mutex(State())

  /// Whom the present session is with, once both sides were equal.
  var peer: StoreID? { state.withLock { $0.peer } }

  /// A session begins.
  ///
  /// - `position`: where the log ends.
  func begin(at position: UInt64) {
    state.withLock { state in
      state.start = position
      state.peer = nil
    }
  }

  func take(_ step: SessionProgress) {
    state.withLock { state in
      switch step {
      case .live(let outcome):
        state.peer = outcome.peerStore
        state.clockOffset = outcome.clockOffset
        var happened = state.happened ?? Happened()
        // What another store, or this one before, had acknowledged says nothing of this session.
        happened.sent = nil
        happened.isBeginning = true
        happened.receivedCount += outcome.tally.changesReceived
        happened.sentCount += outcome.tally.changesSent
        happened.isEqual = outcome.verdict == .equal
        if happened.isEqual { happened.sent = state.start }
        state.happened = happened
      case .delivered(let position, let changeCount):
        state.happened = state.happened ?? Happened()
        state.happened?.sentCount += changeCount
        state.happened?.sent = position
      case .stored(let changeCount):
        state.happened = state.happened ?? Happened()
        state.happened?.receivedCount += changeCount
      case .received, .sent: break
      }
    }
  }

  /// What could not be told goes with what comes next.
  func putBack(_ happened: Happened) {
    state.withLock { state in
      guard var next = state.happened else {
        state.happened = happened
        return
      }
      // A session that began meanwhile says itself how it stands and what the remote has.
      if !next.isBeginning {
        next.isEqual = happened.isEqual
        next.sent = next.sent ?? happened.sent
      }
      next.isBeginning = next.isBeginning || happened.isBeginning
      next.receivedCount += happened.receivedCount
      next.sentCount += happened.sentCount
      state.happened = next
    }
  }

  /// What there is to tell; `nil` when nothing happened.
  func gathered() -> Happened? {
    state.withLock { state in
      guard var happened = state.happened else { return nil }
      state.happened = nil
      happened.peer = state.peer ?? happened.peer
      happened.clockOffset = state.clockOffset
      return happened
    }
  }
}

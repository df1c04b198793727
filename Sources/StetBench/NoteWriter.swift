import CRDT
import ChangeLog
import SyncProtocol
import SyncTransport
import Synchronization

/// A machine that writes its next note when the one before is durable at the hub.
///
/// It works in one session that stays open: the log claims an end that is never reached, and in a
/// window with room for one pack the next is asked for when the last was acknowledged. What others
/// bring meanwhile a hub sends only after that end, so nobody waits for it here.
final class NoteWriter: UnwatchedStore {
  /// Thrown into the session to end it.
  struct Stopped: Error {}

  private struct State {
    var lane: NoteLane
    var position: UInt64 = 0
    var check: LogCheck
    /// The note that is on its way, and when it was ready.
    var sent: (note: WrittenPack, at: ContinuousClock.Instant)?
    var isStopped = false
  }

  private let store: StoreID
  private let genesis: Genesis
  private let hub: (cursor: Cursor, frontier: Frontier)
  private let pause: Duration
  private let acknowledged: @Sendable (WrittenPack, Duration) -> Void
  private let state: Mutex<State>

  /// - `lane`: certified at the hub.
  /// - `hub`: its log as it stands, but for that lane.
  /// - `pause`: between a note's acknowledgement and the next note.
  /// - `acknowledged`: told of every note how long the hub took to acknowledge it.
  init(
    store: StoreID,
    genesis: Genesis,
    lane: NoteLane,
    pause: Duration,
    hub: (cursor: Cursor, frontier: Frontier),
    acknowledged: @escaping @Sendable (WrittenPack, Duration) -> Void
  ) {
    self.store = store
    self.genesis = genesis
    self.hub = hub
    self.pause = pause
    self.acknowledged = acknowledged
    state = Mutex(State(lane: lane, check: LogCheck(store: store)))
  }

  /// Writes no further note: the session ends when the one on its way is acknowledged.
  func stop() { state.withLock { $0.isStopped = true } }

  func packs(_ request: PackRequest) async throws -> PackBatch {
    let asked = ContinuousClock.now
    if let (note, sent) = state.withLock({ $0.sent }) { acknowledged(note, asked - sent) }
    if pause > .zero { try await Task.sleep(for: pause) }
    return try state.withLock { state in
      guard !state.isStopped else { throw Stopped() }
      let note = try state.lane.note()
      state.sent = (note, .now)
      for change in note.changes { state.check.append(change.hash) }
      state.position += UInt64(note.changes.count)
      let delivery = PackDelivery(
        pack: note.bytes,
        position: state.position,
        check: state.check.prefix
      )
      return PackBatch(
        packs: [delivery],
        position: state.position,
        changeCount: note.changes.count
      )
    }
  }

  func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws -> StoreView {
    let check = LogCheck(store: store).prefix
    return StoreView(
      genesis: genesis,
      end: Cursor(store: store, position: UInt64(Int64.max), check: check),
      frontier: hub.frontier.digest,
      known: hub.cursor,
      isPeerCursorValid: false,
      peerLane: nil,
      ownLane: nil
    )
  }

  func frontier() async throws -> Frontier { hub.frontier }

  func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt {
    AppendReceipt(newChangeCount: 0)
  }

  func remember(_ cursor: Cursor) async throws {}
  func witness(_ head: ClaimedHead, of lane: LaneID) async throws {}
  func adopt(_ genesis: Genesis) async throws {}
}

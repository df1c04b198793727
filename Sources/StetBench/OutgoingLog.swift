import CRDT
import ChangeLog
import SyncProtocol
import SyncTransport
import Synchronization

/// The log of a machine that only sends: it knows what the hub had, and keeps nothing of what comes
/// later.
final class OutgoingLog: SessionStore {
  private struct State {
    var packs: [PackDelivery] = []
    /// Of the packs, each in its place.
    var changes: [[ChangeID]] = []
    var frontier: Frontier
    var check: LogCheck
    var position: UInt64 = 0
    var known: Cursor
  }

  private let store: StoreID
  private let genesis: Genesis
  private let state: Mutex<State>

  /// - `store`: a name that the hub has not heard yet.
  /// - `hub`: the log of the hub that it will be sent to, as it stands.
  init(
    store: StoreID,
    genesis: Genesis,
    after hub: (cursor: Cursor, frontier: Frontier)
  ) {
    self.store = store
    self.genesis = genesis
    state = Mutex(
      State(frontier: hub.frontier, check: LogCheck(store: store), known: hub.cursor)
    )
  }

  /// Adds packs to the end of the log.
  ///
  /// - Returns: the packs as they are sent.
  @discardableResult
  func append(_ packs: [WrittenPack]) -> [PackDelivery] {
    state.withLock { state in
      packs.map { pack in
        for change in pack.changes {
          state.check.append(change.hash)
          state.frontier.heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
        }
        state.position += UInt64(pack.changes.count)
        let delivery = PackDelivery(
          pack: pack.bytes,
          position: state.position,
          check: state.check.prefix
        )
        state.packs.append(delivery)
        state.changes.append(pack.changes.map(\.id))
        return delivery
      }
    }
  }

  func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws -> StoreView {
    state.withLock { state in
      StoreView(
        genesis: genesis,
        end: Cursor(store: store, position: state.position, check: state.check.prefix),
        frontier: state.frontier.digest,
        known: state.known,
        isPeerCursorValid: state.packs.contains {
          cursor == Cursor(store: store, position: $0.position, check: $0.check)
        },
        peerLane: nil,
        ownLane: nil
      )
    }
  }

  /// Its sessions do not stay: nobody watches it.
  func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async -> LogWatch {
    LogWatch {}
  }

  func frontier() async throws -> Frontier { state.withLock { $0.frontier } }

  func packs(_ request: PackRequest) async throws -> PackBatch {
    state.withLock { state in
      let places = state.packs.indices.filter { place in
        guard state.packs[place].position > request.after,
          state.packs[place].position <= request.upTo
        else { return false }
        return switch request.selection {
        case .notFrom: true
        case .beyond(let claims): state.changes[place].contains(where: claims.lacks)
        }
      }
      let taken = places.prefix(request.packLimit)
      return PackBatch(
        packs: taken.map { state.packs[$0] },
        position: taken.count < places.count
          ? taken.last.map { state.packs[$0].position } ?? request.after : request.upTo,
        changeCount: taken.reduce(0) { $0 + state.changes[$1].count }
      )
    }
  }

  func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt {
    AppendReceipt(newChangeCount: 0)
  }

  func remember(_ cursor: Cursor) async throws { state.withLock { $0.known = cursor } }
  /// No log of the bench is put back.
  func forget(_ peer: StoreID) async throws {}
  func witness(_ head: ClaimedHead, of lane: LaneID) async throws {}
  func adopt(_ genesis: Genesis) async throws {}
}

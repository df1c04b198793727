package import CRDT
package import ChangeLog
internal import NIOPosix
package import SyncProtocol

/// A ``LogStore`` as tasks use it: nothing blocks the caller.
package protocol SessionStore: Sendable {
  func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws
    -> StoreView
  /// Calls back with the log's end at once, and whenever it has grown, until the watch is given up.
  ///
  /// - `failed`: called at most once, last, when the end cannot be read.
  func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async -> LogWatch
  func frontier() async throws -> Frontier
  func packs(_ request: PackRequest) async throws -> PackBatch
  func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt
  func remember(_ cursor: Cursor) async throws
  func forget(_ peer: StoreID) async throws
  func witness(_ head: ClaimedHead, of lane: LaneID) async throws
  func adopt(_ genesis: Genesis) async throws
}

/// Somebody waits for a log to grow, for as long as this exists.
package final class LogWatch: Sendable {
  private let end: @Sendable () -> Void

  /// - `end`: called once, when nobody waits any more.
  package init(end: @escaping @Sendable () -> Void) { self.end = end }

  deinit { end() }
}

/// Calls a store on threads that may block.
///
/// Its log may grow by other processes, which say nothing: who watches it has its end looked at, as
/// `tail -f` does.
package struct BlockingSessionStore<Store: LogStore>: SessionStore {
  private static var lookInterval: Duration { .milliseconds(100) }

  private let store: Store

  package init(_ store: Store) { self.store = store }

  package func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws
    -> StoreView
  {
    try await run { try $0.view(of: peer, knowing: cursor, writing: lane) }
  }

  package func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) -> LogWatch {
    let looking = Task {
      var last: LogEnd?
      do {
        while true {
          let end = try await run { try $0.logEnd() }
          if end != last { grown(end) }
          last = end
          try await Task.sleep(for: Self.lookInterval)
        }
      } catch {
        // Cancelled: nobody waits any more, and the archive may be closed.
        if !Task.isCancelled { failed(error) }
      }
    }
    return LogWatch { looking.cancel() }
  }

  package func frontier() async throws -> Frontier { try await run { try $0.frontier() } }

  package func packs(_ request: PackRequest) async throws -> PackBatch {
    try await run { try $0.packs(request) }
  }

  package func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt {
    try await run { try $0.append(packs, from: peer) }
  }

  package func remember(_ cursor: Cursor) async throws {
    try await run { try $0.remember(cursor) }
  }

  package func forget(_ peer: StoreID) async throws {
    try await run { try $0.forget(peer) }
  }

  package func witness(_ head: ClaimedHead, of lane: LaneID) async throws {
    try await run { try $0.witness(head, of: lane) }
  }

  package func adopt(_ genesis: Genesis) async throws {
    try await run { try $0.adopt(genesis) }
  }

  /// Calls the store on a thread of the pool.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable (Store) throws -> Value
  ) async throws
    -> Value
  {
    try await Blocking.run { [store] in try body(store) }
  }
}

/// Work that waits for a disk or a lock.
package enum Blocking {
  /// Carries it out on a thread of the pool, so that no task waits for it.
  package static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
  }
}

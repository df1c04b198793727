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
  func frontier() async throws -> Frontier
  func packs(_ request: PackRequest) async throws -> PackBatch
  func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt
  func remember(_ cursor: Cursor) async throws
  func witness(_ head: ClaimedHead, of lane: LaneID) async throws
  func adopt(_ genesis: Genesis) async throws
}

/// Calls a store on threads that may block.
package struct BlockingSessionStore<Store: LogStore>: SessionStore {
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

package import CRDT
package import ChangeLog
package import HubStorage
package import SyncProtocol
internal import SyncTransport

/// One archive of a hub, as all its sessions share it: appends that come while one is being
/// written wait, and go into the next transaction together. So the number of fsyncs follows the
/// disk, not the number of writers.
package actor GroupCommit<Archive: HubArchiveStore>: SessionStore {
  private struct Waiting {
    let request: AppendRequest
    let continuation: CheckedContinuation<AppendReceipt, any Error>
  }

  private let store: BlockingSessionStore<Archive>
  private let used: @Sendable () -> Void
  private let appended: @Sendable (StoreID) -> Void
  private var waiting: [Waiting] = []
  private var isWriting = false

  /// Appends that wait for the one that is being written.
  package var waitingCount: Int { waiting.count }

  /// - `used`: told whenever a session wants something of the archive.
  /// - `appended`: told whenever a peer brought changes that were not here before.
  package init(
    _ archive: Archive,
    used: @escaping @Sendable () -> Void = {},
    appended: @escaping @Sendable (StoreID) -> Void = { _ in }
  ) {
    store = BlockingSessionStore(archive)
    self.used = used
    self.appended = appended
  }

  package func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt {
    used()
    return try await withCheckedThrowingContinuation { continuation in
      waiting.append(
        Waiting(
          request: AppendRequest(packs: packs, peer: peer),
          continuation: continuation
        )
      )
      guard !isWriting else { return }
      isWriting = true
      Task { await writeWaiting() }
    }
  }

  private func writeWaiting() async {
    while !waiting.isEmpty {
      let group = waiting
      waiting.removeAll()
      do {
        let results = try await store.run { try $0.append(group: group.map(\.request)) }
        for (waiting, result) in zip(group, results) {
          waiting.continuation.resume(with: result)
          if case .success(let receipt) = result, receipt.newChangeCount > 0 {
            appended(waiting.request.peer)
          }
        }
      } catch {
        for waiting in group { waiting.continuation.resume(throwing: error) }
      }
    }
    isWriting = false
  }

  package nonisolated func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws -> StoreView {
    used()
    return try await store.view(of: peer, knowing: cursor, writing: lane)
  }

  package nonisolated func frontier() async throws -> Frontier {
    used()
    return try await store.frontier()
  }

  package nonisolated func packs(_ request: PackRequest) async throws -> PackBatch {
    used()
    return try await store.packs(request)
  }

  package nonisolated func remember(_ cursor: Cursor) async throws {
    used()
    try await store.remember(cursor)
  }

  package nonisolated func witness(_ head: ClaimedHead, of lane: LaneID) async throws {
    used()
    try await store.witness(head, of: lane)
  }

  package nonisolated func adopt(_ genesis: Genesis) async throws {
    used()
    try await store.adopt(genesis)
  }
}

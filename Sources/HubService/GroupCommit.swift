package import CRDT
package import ChangeLog
package import HubStorage
package import SyncProtocol
package import SyncTransport

/// One archive of a hub, as all its sessions share it: appends that come while one is being
/// written wait, and go into the next transaction together, as many as one may hold. So the number of
/// fsyncs follows the disk, not the number of writers.
package actor GroupCommit<Archive: HubArchiveStore>: SessionStore {
  private struct Waiting {
    let request: OpenedRequest<Archive.Opened>
    let continuation: CheckedContinuation<AppendReceipt, any Error>
  }

  private let archive: Archive
  private let store: BlockingSessionStore<Archive>
  private let groupByteLimit: Int
  private let used: @Sendable () -> Void
  private var waiting: [Waiting] = []
  private var isWriting = false
  private let watches = LogWatches()
  private var shared = SharedReads()
  /// Where the log ended when it was last written here.
  private var end: LogEnd?

  /// Appends that wait for the one that is being written.
  package var waitingCount: Int { waiting.count }

  /// - `used`: told whenever a session wants something of the archive.
  package init(
    _ archive: Archive,
    limits: SyncLimits = SyncLimits(),
    used: @escaping @Sendable () -> Void = {}
  ) {
    self.archive = archive
    store = BlockingSessionStore(archive)
    groupByteLimit = limits.groupByteLimit
    self.used = used
  }

  package nonisolated func append(
    _ packs: [PackDelivery],
    from peer: StoreID
  ) async throws -> AppendReceipt {
    used()
    // Here, on as many cores as there are, and while others' packs are being written.
    let opened = archive.open(packs)
    return try await append(
      OpenedRequest(AppendRequest(packs: packs, peer: peer), opened: opened)
    )
  }

  private func append(_ request: OpenedRequest<Archive.Opened>) async throws -> AppendReceipt {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(Waiting(request: request, continuation: continuation))
      guard !isWriting else { return }
      isWriting = true
      Task { await writeWaiting() }
    }
  }

  private func writeWaiting() async {
    while !waiting.isEmpty {
      let group = nextGroup()
      do {
        let (results, end) = try await store.run { archive in
          let results = try archive.append(group: group.map(\.request))
          return (results, Result { try archive.logEnd() })
        }
        for (waiting, result) in zip(group, results) { waiting.continuation.resume(with: result) }
        // Also those who were refused: what came before the refused pack stays.
        grow(to: end, by: Set(group.map(\.request.request.peer)))
      } catch {
        for waiting in group { waiting.continuation.resume(throwing: error) }
      }
    }
    isWriting = false
  }

  /// Takes those who have waited longest and fit into one transaction, but at least one.
  private func nextGroup() -> [Waiting] {
    var byteCount = 0
    let end = waiting.firstIndex { waiting in
      byteCount += waiting.request.request.plainByteCount
      return byteCount > groupByteLimit
    }
    let group = Array(waiting.prefix(max(end ?? waiting.count, 1)))
    waiting.removeFirst(group.count)
    return group
  }

  private func grow(to end: Result<LogEnd, any Error>, by peers: Set<StoreID>) {
    let former = self.end
    self.end = try? end.get()
    if let former, former == self.end { return }
    if let former, let end = self.end, former.store == end.store {
      shared.append(from: former.position, to: end.position, by: peers)
    } else {
      shared = SharedReads()
    }
    watches.tell(end)
  }

  package func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async -> LogWatch {
    let watch = watches.add(grown: grown, failed: failed)
    do {
      // Read after the watch was set: what comes in between is told twice rather than never.
      grown(try await store.run { try $0.logEnd() })
    } catch {
      failed(error)
    }
    return watch
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

  package func packs(_ request: PackRequest) async throws -> PackBatch {
    used()
    let batch = shared.batch(for: request) { [store] request in
      Task { try await store.packs(request).framed }
    }
    guard let batch else { return try await store.packs(request) }
    do {
      return try await batch.value
    } catch {
      // Who asks again has the store asked again.
      shared.forget(request)
      throw error
    }
  }

  package nonisolated func remember(_ cursor: Cursor) async throws {
    used()
    try await store.remember(cursor)
  }

  package nonisolated func forget(_ peer: StoreID) async throws {
    used()
    try await store.forget(peer)
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

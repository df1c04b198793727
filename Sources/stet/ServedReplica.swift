import CRDT
import ChangeLog
import Foundation
import ReplicaStorage
import SyncProtocol
import SyncTransport
import Synchronization

/// An archive that others are answered from.
///
/// Its file is open while somebody is being answered, and once for all of them: opening looks at the
/// file before SQLite does, and the system drops all of a process's locks on a file when any of its
/// descriptors is closed. In between it is closed, so that a repair, or a newer stet that brings the
/// file up to date, finds nobody in it, and the next session opens what lies there then.
final class ServedReplica: Sendable {
  /// Which names the archive answers to.
  enum Names {
    /// Its own.
    case own
    /// Whatever the peer calls it, who named the file.
    case any
  }

  private struct State {
    var replica: Replica?
    var sessionCount = 0
    var knownForks: Set<Fork> = []
  }

  private let path: String
  private let names: Names
  private let lockTimeout: Double
  private let isQuiet: Bool
  private let state = Mutex(State())

  init(at path: String, answering names: Names, lockTimeout: Double, isQuiet: Bool) {
    self.path = path
    self.names = names
    self.lockTimeout = lockTimeout
    self.isQuiet = isQuiet
  }

  /// The store for one session.
  ///
  /// - Throws: `PeerFailure` when the peer wants another archive, `ReplicaFailure`.
  func store(for archive: RequestedArchive) async throws -> any SessionStore {
    ServedSession(try await Blocking.run { [self] in try begin(archive) }, of: self)
  }

  private func begin(_ archive: RequestedArchive) throws -> Replica {
    try state.withLock { state in
      let replica = try state.replica ?? open()
      state.replica = replica
      do {
        try check(archive, against: try replica.genesis())
        try replica.prepareToSync()
        if state.sessionCount == 0 { state.knownForks = Set(try replica.forks()) }
      } catch {
        if state.sessionCount == 0 { close(&state) }
        throw error
      }
      state.sessionCount += 1
      return replica
    }
  }

  private func open() throws -> Replica {
    let replica = try Replica.open(
      path,
      environment: Machine.environment(lockTimeout: lockTimeout)
    )
    if let address = try replica.cloningAddress() {
      try replica.close()
      throw ReplicaFailure.incomplete(path, address: address)
    }
    return replica
  }

  private func check(_ archive: RequestedArchive, against genesis: Genesis?) throws {
    guard case .own = names, let genesis, archive.name != genesis.name else { return }
    throw PeerFailure(
      .unknownArchive,
      "there is no archive called \(archive.name) here, only \(genesis.name)",
      scope: .archive
    )
  }

  /// A session has ended.
  fileprivate func end() {
    state.withLock { state in
      state.sessionCount -= 1
      guard let replica = state.replica else { return }
      do {
        try replica.setMark()
        try replica.retryHeld()
        let forks = Set(try replica.forks())
        for fork in forks.subtracting(state.knownForks) { note(fork.description) }
        state.knownForks = forks
      } catch {
        // What came is stored; these are done again after the next session.
        note(ExitStatus.describe(error)?.1 ?? "\(error)")
      }
      if state.sessionCount == 0 { close(&state) }
    }
  }

  private func close(_ state: inout State) {
    do {
      try state.replica?.close()
    } catch {
      note(ExitStatus.describe(error)?.1 ?? "\(error)")
    }
    state.replica = nil
  }

  private func note(_ line: String) {
    if !isQuiet { Console.note(line) }
  }
}

/// The replica as one session uses it; the session has ended when nobody holds this any more.
private final class ServedSession: SessionStore {
  private let store: BlockingSessionStore<Replica>
  private let served: ServedReplica

  init(_ replica: Replica, of served: ServedReplica) {
    store = BlockingSessionStore(replica)
    self.served = served
  }

  deinit { served.end() }

  func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) async throws -> StoreView {
    try await store.view(of: peer, knowing: cursor, writing: lane)
  }

  func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async -> LogWatch {
    store.watch(grown: grown, failed: failed)
  }

  func frontier() async throws -> Frontier { try await store.frontier() }

  func packs(_ request: PackRequest) async throws -> PackBatch { try await store.packs(request) }

  func append(_ packs: [PackDelivery], from peer: StoreID) async throws -> AppendReceipt {
    try await store.append(packs, from: peer)
  }

  func remember(_ cursor: Cursor) async throws { try await store.remember(cursor) }

  func forget(_ peer: StoreID) async throws { try await store.forget(peer) }

  func witness(_ head: ClaimedHead, of lane: LaneID) async throws {
    try await store.witness(head, of: lane)
  }

  func adopt(_ genesis: Genesis) async throws { try await store.adopt(genesis) }
}

import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage
import SyncProtocol
import SyncTransport

/// One session of a replica with a remote, and what it came to.
struct SyncRun {
  let replica: Replica
  let remote: Remote
  let isQuiet: Bool
  /// A first digest of a large archive takes a moment: it is computed where it gets printed.
  let isDigestWanted: Bool

  /// Runs the session.
  ///
  /// - Throws: `TransportFailure`, `PeerFailure`, and what the store throws.
  func run(verb: String) async throws -> SyncReport {
    let address = try RemoteAddress.of(remote)
    var stages = SyncStages()
    try replica.prepareToSync()
    let knownForks = Set(try replica.forks())
    let sent = try replica.endPosition()
    stages.isPrepared()
    let progress = ProgressLine(verb, unit: "changes", isQuiet: isQuiet)
    let client = SyncClient(limits: SyncLimits(), now: Machine.now) { step in
      switch step {
      case .received(let position, let end), .sent(let position, let end):
        progress.show(Int(position), of: Int(end))
      }
    }
    let sessions = try await sessions(of: client, with: address)
    progress.finish()
    stages.isExchanged(sessions.costs)
    try replica.setMark()
    try replica.retryHeld()
    let outcome = sessions.last
    try replica.noteReached(
      remote: remote.name,
      store: outcome.peerStore,
      clockOffset: outcome.clockOffset,
      sent: outcome.verdict == .equal ? sent : nil
    )
    for fork in try replica.forks() where !isQuiet && !knownForks.contains(fork) {
      Console.note(fork.description)
    }
    stages.isConcluded()
    let digest = isDigestWanted ? StateDigest.description(of: try replica.digest()) : ""
    stages.isCompared()
    return SyncReport(sessions: sessions, stages: stages, digest: digest)
  }
}

extension SyncRun {
  /// Sessions until both sides are equal: nearly always one.
  ///
  /// The other side's log may not be what it was believed to be, as after a restore or a fork. Whoever
  /// notices forgets its cursor, or learns of the fork, so that the next session goes further.
  private func sessions(
    of client: SyncClient,
    with address: PeerAddress
  ) async throws -> SyncedSessions {
    var earlier: SyncedSessions?
    for _ in 1..<Self.sessionLimit {
      do {
        let sessions = SyncedSessions(
          try await session(of: client, with: address),
          after: earlier
        )
        if sessions.last.verdict == .equal { return sessions }
        earlier = sessions
        try replica.prepareToSync()
      } catch  where Self.isRemembered(error) {
        try replica.prepareToSync()
      }
    }
    return SyncedSessions(try await session(of: client, with: address), after: earlier)
  }

  /// One for each thing that a session can learn: that a cursor does not hold, and that lanes fork.
  private static let sessionLimit = 3

  private func session(
    of client: SyncClient,
    with address: PeerAddress
  ) async throws
    -> DrivenSession
  {
    let store = BlockingSessionStore(replica)
    let archive = try replica.genesis()?.archive
    return switch address {
    case .tcp(let address):
      try await client.sync(store, with: address, archive: archive, peer: remote.store)
    case .ssh(let target):
      try await client.sync(
        store,
        through: .configured(to: target),
        name: address.greetingName,
        archive: archive,
        peer: remote.store
      )
    case .command(let command):
      try await client.sync(
        store,
        through: .shell(command),
        name: address.greetingName,
        archive: archive,
        peer: remote.store
      )
    }
  }

  private static func isRemembered(_ error: any Error) -> Bool {
    switch error {
    case LogFailure.gap, LogFailure.fork: true
    case let failure as PeerFailure:
      failure.code == .gap || failure.code == .fork || failure == .renamed
    default: false
    }
  }
}

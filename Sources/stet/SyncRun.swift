import ArchiveModel
import ChangeLog
import Foundation
import ProgressLine
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
    let dialler = try RemoteDialler(replica, to: remote)
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
      case .live, .delivered, .stored: break
      }
    }
    let sessions = try await sessions(of: client, through: dialler)
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
    through dialler: RemoteDialler
  ) async throws -> SyncedSessions {
    var earlier: SyncedSessions?
    for _ in 1..<Self.sessionLimit {
      do {
        let sessions = SyncedSessions(
          try await dialler.session(of: client, peer: remote.store, isLive: false),
          after: earlier
        )
        if sessions.last.verdict == .equal { return sessions }
        earlier = sessions
        try replica.prepareToSync()
      } catch  where Redial.goesFurther(after: error) {
        try replica.prepareToSync()
      }
    }
    return SyncedSessions(
      try await dialler.session(of: client, peer: remote.store, isLive: false),
      after: earlier
    )
  }

  /// One for each thing that a session can learn: that the archive was put back, that a cursor does not hold,
  /// and that lanes fork.
  private static let sessionLimit = 4
}

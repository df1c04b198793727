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
    let address = try RemoteAddress.parse(remote.address)
    let start = ContinuousClock.now
    try replica.prepareToSync()
    let knownForks = Set(try replica.forks())
    let sent = try replica.endPosition()
    let progress = ProgressLine(verb, unit: "changes", isQuiet: isQuiet)
    let client = SyncClient(limits: SyncLimits(), now: Machine.now) { step in
      switch step {
      case .received(let position, let end), .sent(let position, let end):
        progress.show(Int(position), of: Int(end))
      }
    }
    let session = try await sessions(of: client, with: address)
    progress.finish()
    try replica.setMark()
    try replica.retryHeld()
    let outcome = session.outcome
    try replica.noteReached(
      remote: remote.name,
      store: outcome.peerStore,
      clockOffset: outcome.clockOffset,
      sent: outcome.verdict == .equal ? sent : nil
    )
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for fork in try replica.forks() where !isQuiet && !knownForks.contains(fork) {
      Console.note(fork.description)
    }
    return SyncReport(
      session: session,
      seconds: seconds,
      digest: isDigestWanted ? StateDigest.description(of: try replica.digest()) : ""
    )
  }
}

extension SyncRun {
  /// Sessions until both sides are equal: nearly always one.
  ///
  /// The other side's log may not be what it was believed to be, as after a restore or a fork. Whoever
  /// notices forgets its cursor, or learns of the fork, so that the next session goes further.
  private func sessions(
    of client: SyncClient,
    with address: SyncAddress
  ) async throws -> DrivenSession {
    for _ in 1..<Self.sessionLimit {
      do {
        let session = try await self.session(of: client, with: address)
        if session.outcome.verdict == .equal { return session }
        try replica.prepareToSync()
      } catch  where Self.isRemembered(error) {
        try replica.prepareToSync()
      }
    }
    return try await session(of: client, with: address)
  }

  /// One for each thing that a session can learn: that a cursor does not hold, and that lanes fork.
  private static let sessionLimit = 3

  private func session(
    of client: SyncClient,
    with address: SyncAddress
  ) async throws
    -> DrivenSession
  {
    try await client.sync(
      BlockingSessionStore(replica),
      with: address,
      archive: try replica.genesis()?.archive,
      peer: remote.store
    )
  }

  private static func isRemembered(_ error: any Error) -> Bool {
    switch error {
    case LogFailure.gap, LogFailure.fork: true
    case let failure as PeerFailure: failure.code == .gap || failure.code == .fork
    default: false
    }
  }
}

/// What a sync prints.
struct SyncReport: Encodable {
  let round_trips: Int
  let bytes_sent: Int
  let bytes_received: Int
  let packs_sent: Int
  let packs_received: Int
  let changes_sent: Int
  let changes_received: Int
  let seconds: Double
  let digest: String
  let equal: Bool
  let clock_offset_ms: Int64

  init(session: DrivenSession, seconds: Double, digest: String) {
    let tally = session.outcome.tally
    round_trips = tally.roundTrips
    bytes_sent = session.bytesSent
    bytes_received = session.bytesReceived
    packs_sent = tally.packsSent
    packs_received = tally.packsReceived
    changes_sent = tally.changesSent
    changes_received = tally.changesReceived
    equal = session.outcome.verdict == .equal
    clock_offset_ms = session.outcome.clockOffset
    self.seconds = seconds
    self.digest = digest
  }

  /// One line for people.
  var sentence: String {
    changes_sent + changes_received == 0
      ? "nothing new" : "sent \(changes_sent) and received \(changes_received) changes"
  }

  /// What went over the line, line by line.
  var statistics: [String] {
    [
      "round trips  \(round_trips)",
      "sent         \(bytes_sent) bytes, \(packs_sent) packs, \(changes_sent) changes",
      "received     \(bytes_received) bytes, \(packs_received) packs, \(changes_received) changes",
      "seconds      \((seconds * 1000).rounded() / 1000)",
      "digest       \(digest)",
    ]
  }

  /// Says what came of it.
  ///
  /// - Throws: ``VerbFailure`` when the two sides ended differently.
  func write(json: Bool, stats: Bool, isQuiet: Bool) throws {
    if json {
      try JSONOutput.write(self)
    } else {
      if stats { for line in statistics { Console.write(line) } }
      if !isQuiet { Console.note(sentence) }
    }
    if !isQuiet, let skew = ClockSkew.sentence(clock_offset_ms) { Console.note(skew) }
    guard equal else {
      throw VerbFailure(
        .failed,
        "everything went over, and still the remote holds other changes: run 'stet sync' again"
      )
    }
  }
}

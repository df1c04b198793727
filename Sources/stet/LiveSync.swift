import ChangeLog
import Foundation
import ReplicaStorage
import SyncProtocol
import SyncTransport
import Synchronization
import UnixSignals

/// `stet sync --live`: sessions with a remote that stay open, one after the other, until the program is
/// told to stop.
struct LiveSync {
  /// How often a side is asked that does not keep sessions open.
  private static let interval = Duration.seconds(30)
  /// How long what came is gathered before people are told.
  private static let gathering = Duration.seconds(1)
  /// How long a session may take to end when the program is told to stop.
  private static let patience = Duration.seconds(5)

  let replica: Replica
  let remote: Remote
  let index: IndexOptions
  let report: LiveReport

  private let sessions = LiveSessions()
  private let news = LiveNews()

  init(_ replica: Replica, with remote: Remote, index: IndexOptions, report: LiveReport) {
    self.replica = replica
    self.remote = remote
    self.index = index
    self.report = report
  }

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Throws: what another try would not make better.
  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in signals { break }
        sessions.end()
        try await Task.sleep(for: Self.patience)
        throw CancellationError()
      }
      group.addTask {
        while true {
          try await Task.sleep(for: Self.gathering)
          try await conclude()
        }
      }
      group.addTask {
        try await callAgainAndAgain()
        throw LiveEnd()
      }
      do {
        while true { try await group.next() }
      } catch is LiveEnd {
        // Told to stop, and stopped.
      } catch is CancellationError {
        // Patience was over: what was acknowledged stays.
      }
      group.cancelAll()
    }
    try await conclude()
    report.write(.ended)
  }

  // MARK: - Calling

  private func callAgainAndAgain() async throws {
    let dialler = try RemoteDialler(replica, to: remote)
    let client = SyncClient(limits: SyncLimits(), now: Machine.now, sessions: sessions) { [news] in
      news.take($0)
    }
    var schedule = CallSchedule(interval: Self.interval)
    var peer = remote.store
    var learnedCount = 0
    while !sessions.isEnding {
      do {
        try replica.prepareToSync()
        news.begin(at: try replica.endPosition())
        let session = try await dialler.session(of: client, peer: peer, isLive: true)
        if sessions.isEnding { return }
        peer = session.outcome.peerStore ?? peer
        news.take(.live(session.outcome))
        if case .different = session.outcome.verdict {
          schedule.failed()
        } else {
          schedule.succeeded()
        }
        report.write(.notLive)
      } catch {
        guard !Task.isCancelled, !sessions.isEnding else { return }
        guard Self.isPassing(error) else { throw error }
        if let store = news.peer {
          peer = store
          // It stood: this is a new beginning.
          schedule.succeeded()
        }
        if Redial.goesFurther(after: error), learnedCount < 3 {
          learnedCount += 1
          continue
        }
        schedule.failed(with: error)
        let pause = schedule.pause(chance: .random(in: 0..<1))
        report.write(.lost(reason: ExitStatus.describe(error)?.1 ?? "\(error)", again: pause))
        await sessions.pause(for: pause)
        continue
      }
      await sessions.pause(for: schedule.pause(chance: .random(in: 0..<1)))
    }
  }

  /// Whether the next try may go better.
  private static func isPassing(_ error: any Error) -> Bool {
    if Redial.goesFurther(after: error) { return true }
    return switch ExitStatus.describe(error)?.0 {
    case .unreachable, .locked: true
    default: false
    }
  }

  // MARK: - What came and went

  /// Does what a sync does at its end, for what came and went since the last time.
  private func conclude() async throws {
    guard let happened = news.gathered() else { return }
    do {
      try await conclude(happened)
    } catch {
      // Also when the program is told to stop just now: it concludes once more at its end.
      news.putBack(happened)
      guard Self.isPassing(error) else { throw error }
    }
  }

  private func conclude(_ happened: LiveNews.Happened) async throws {
    let known = report.forks
    let forks = try await Blocking.run { [replica, remote] in
      if happened.receivedCount > 0 {
        try replica.setMark()
        try replica.retryHeld()
      }
      try replica.noteReached(
        remote: remote.name,
        store: happened.peer,
        clockOffset: happened.clockOffset,
        sent: happened.sent
      )
      return Set(try replica.forks())
    }
    if happened.isBeginning {
      report.write(.live(peer: remote.title, isEqual: happened.isEqual))
    }
    if happened.receivedCount + happened.sentCount > 0 {
      report.write(.changes(sent: happened.sentCount, received: happened.receivedCount))
    }
    for fork in forks.subtracting(known) { report.note(fork) }
    if happened.receivedCount > 0 { index.readOn(replica) }
  }
}

/// The end of a live sync that was told to stop.
private struct LiveEnd: Error {}

extension Remote {
  /// Its name, where it has one.
  fileprivate var title: String { name.isEmpty ? address : name }
}

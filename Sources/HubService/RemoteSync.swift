internal import ChangeLog
internal import Logging
internal import SyncProtocol
internal import SyncTransport
internal import Synchronization

/// Keeps one archive of a hub in sync with one remote, both ways: in a session that stays open, and is
/// made again when it breaks.
struct RemoteSync: Sendable {
  let remote: HubRemote
  /// Remembers which store answered there.
  let stores: RemoteStores
  /// How often a remote is called that does not keep sessions open.
  let interval: Duration
  let limits: SyncLimits
  /// The wall clock, ms since 1970-01-01 UTC.
  let now: @Sendable () -> Int64
  let logger: Logger
  /// Opens the archive.
  let open: @Sendable (RequestedArchive) throws -> any SessionStore

  /// Runs until the task is cancelled.
  func run() async {
    var schedule = CallSchedule(interval: interval)
    var peer = try? await Blocking.run { stores.store(at: remote) }
    var hasCalledAtOnce = false
    while !Task.isCancelled {
      let call = LiveCall()
      do {
        let outcome = try await self.call(peer, call)
        schedule.succeeded()
        guard let outcome else {
          await waitForChanges(at: schedule.pause(chance: .random(in: 0..<1)))
          continue
        }
        peer = outcome.peerStore ?? peer
        if case .different = outcome.verdict { schedule.failed() }
      } catch {
        if Task.isCancelled { return }
        if let outcome = call.outcome {
          // It stood: this is a new beginning.
          peer = outcome.peerStore ?? peer
          schedule.succeeded()
        }
        if Redial.goesFurther(after: error), !hasCalledAtOnce {
          hasCalledAtOnce = true
          continue
        }
        schedule.failed(with: error)
        logger.warning("remote failed", metadata: metadata(["reason": "\(reason(error))"]))
      }
      hasCalledAtOnce = false
      try? await Task.sleep(for: schedule.pause(chance: .random(in: 0..<1)))
    }
  }

  /// Remembers who answered, so that also after a restart hello can say how far that log is known: only
  /// then is a log noticed that was put back and has grown again since.
  private func remember(_ store: StoreID?) async {
    guard let store else { return }
    do {
      try await Blocking.run {
        if stores.store(at: remote) != store { try stores.remember(store, at: remote) }
      }
    } catch {
      logger.warning("remote not remembered", metadata: metadata(["reason": "\(error)"]))
    }
  }

  /// Waits until the archive, which has nothing yet, has something, or the time is over.
  private func waitForChanges(at pause: Duration) async {
    let (changes, source) = AsyncStream.makeStream(of: Void.self)
    let timer = Task {
      try await Task.sleep(for: pause)
      source.finish()
    }
    defer { timer.cancel() }
    let watch = try? await open(.name(remote.archive)).watch(
      grown: { if $0.position > 0 { source.finish() } },
      failed: { _ in }
    )
    for await _ in changes {}
    withExtendedLifetime(watch) {}
  }

  /// Runs one session; it lasts as long as the remote keeps it open.
  ///
  /// - Returns: `nil` when the archive has nothing yet, neither here nor there: that is no failure, and
  ///   the first push that comes here is passed on at once.
  private func call(_ peer: StoreID?, _ call: LiveCall) async throws -> SessionOutcome? {
    let store = try open(.name(remote.archive))
    let genesis = try await store.view(of: peer, knowing: nil, writing: nil).genesis
    let client = SyncClient(limits: limits, now: now) { step in
      guard case .live(let outcome) = step else { return }
      call.stands(outcome)
      note(outcome)
      // Told on the thread that serves the connection, which may not wait for a file.
      Task { await remember(outcome.peerStore) }
    }
    do {
      let session = try await client.sync(
        store,
        with: remote.address,
        archive: genesis?.archive,
        peer: peer,
        isLive: true
      )
      await remember(session.outcome.peerStore)
      note(session.outcome)
      return session.outcome
    } catch let failure as PeerFailure where genesis == nil && failure.code == .unknownArchive {
      logger.info("remote has nothing", metadata: metadata(["reason": "\(failure.message)"]))
      return nil
    }
  }

  private func note(_ outcome: SessionOutcome) {
    let tally = outcome.tally
    logger.log(
      level: tally.packsSent + tally.packsReceived > 0 ? .info : .debug,
      "remote synced",
      metadata: metadata([
        "verdict": "\(outcome.verdict)", "changes_sent": "\(tally.changesSent)",
        "changes_new": "\(tally.changesReceived)", "round_trips": "\(tally.roundTrips)",
      ])
    )
  }

  private func reason(_ error: any Error) -> String {
    (error as? PeerFailure)?.message ?? "\(error)"
  }

  private func metadata(_ more: Logger.Metadata) -> Logger.Metadata {
    more.merging(["archive": "\(remote.archive)", "remote": "\(remote.text)"]) { $1 }
  }
}

/// What a call has come to so far.
private final class LiveCall: Sendable {
  private let state = Mutex<SessionOutcome?>(nil)

  /// How the sides stood when the session began to stay open; `nil` before.
  var outcome: SessionOutcome? { state.withLock { $0 } }

  func stands(_ outcome: SessionOutcome) { state.withLock { $0 = outcome } }
}

internal import ChangeLog
internal import Logging
internal import SyncProtocol
internal import SyncTransport

/// Keeps one archive of a hub in sync with one remote, both ways: at the start, when something new
/// has come here, and at an interval, because the remote does not say when something comes there.
struct RemoteSync: Sendable {
  let remote: HubRemote
  let interval: Duration
  let client: SyncClient
  let watch: AppendWatch
  let logger: Logger
  /// Opens the archive.
  let open: @Sendable (RequestedArchive) throws -> any SessionStore

  /// Runs until the task is cancelled.
  func run() async {
    var schedule = CallSchedule(interval: interval)
    var peer: StoreID?
    var timer: Task<Void, any Error>?
    defer { timer?.cancel() }
    watch.isDue()
    for await _ in watch.calls {
      timer?.cancel()
      // What comes from now on may be too late for this call, and is a reason for another.
      watch.setDeaf(false)
      var hint = Duration.zero
      do {
        let outcome = try await call(peer)
        peer = outcome?.peerStore ?? peer
        watch.ignore(peer)
        if case .different = outcome?.verdict { schedule.failed() } else { schedule.succeeded() }
      } catch {
        if Task.isCancelled { return }
        schedule.failed()
        if let failure = error as? PeerFailure {
          hint = .milliseconds(min(failure.retryAfter, UInt64(Int32.max)))
        }
        logger.warning("remote failed", metadata: metadata(["reason": "\(reason(error))"]))
      }
      watch.setDeaf(schedule.isBackingOff)
      let pause = max(schedule.pause(chance: .random(in: 0..<1)), hint)
      timer = Task { [watch] in
        try await Task.sleep(for: pause)
        watch.isDue()
      }
    }
  }

  /// Runs one session.
  ///
  /// - Returns: `nil` when the archive has nothing yet, neither here nor there: that is no failure, and
  ///   the first push that comes here is passed on at once.
  private func call(_ peer: StoreID?) async throws -> SessionOutcome? {
    let store = try open(.name(remote.archive))
    let genesis = try await store.view(of: peer, knowing: nil, writing: nil).genesis
    let session: DrivenSession
    do {
      session = try await client.sync(
        store,
        with: remote.address,
        archive: genesis?.archive,
        peer: peer
      )
    } catch let failure as PeerFailure where genesis == nil && failure.code == .unknownArchive {
      logger.info("remote has nothing", metadata: metadata(["reason": "\(failure.message)"]))
      return nil
    }
    let tally = session.outcome.tally
    logger.log(
      level: tally.packsSent + tally.packsReceived > 0 ? .info : .debug,
      "remote synced",
      metadata: metadata([
        "verdict": "\(session.outcome.verdict)", "changes_sent": "\(tally.changesSent)",
        "changes_new": "\(tally.changesReceived)",
        "bytes_sent": "\(session.costs.bytesSent)",
        "bytes_received": "\(session.costs.bytesReceived)",
      ])
    )
    return session.outcome
  }

  private func reason(_ error: any Error) -> String {
    (error as? PeerFailure)?.message ?? "\(error)"
  }

  private func metadata(_ more: Logger.Metadata) -> Logger.Metadata {
    more.merging(["archive": "\(remote.archive)", "remote": "\(remote.text)"]) { $1 }
  }
}

package import HubStorage
package import Logging
internal import ServiceLifecycle
package import SyncProtocol
internal import Synchronization
internal import SyncTransport

/// The hub: answers peers from its archives until it is told to stop.
package final class HubServer<Storage: HubStorage>: Service {
  private let storage: Storage
  private let host: String
  private let port: Int
  private let limits: SyncLimits
  private let logger: Logger
  private let now: @Sendable () -> Int64
  private let listening: @Sendable (String) -> Void
  private let remotes: HubRemotes
  private let remoteInterval: Duration
  private let compaction: IdleCompaction<Storage>?
  private let uses = ArchiveUses()
  private let opened = Mutex<[String: GroupCommit<Storage.Archive>]>([:])

  /// - `port`: 0 lets the system choose.
  /// - `remotes`: the hubs that are called by this one.
  /// - `remoteInterval`: how often, at least.
  /// - `compaction`: of archives that no session uses; `nil` for none.
  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  /// - `listening`: called once, with the address that was taken.
  package init(
    storage: Storage,
    host: String,
    port: Int,
    remotes: HubRemotes,
    remoteInterval: Duration,
    compaction: IdleCompaction<Storage>? = nil,
    limits: SyncLimits,
    logger: Logger,
    now: @escaping @Sendable () -> Int64,
    listening: @escaping @Sendable (String) -> Void
  ) {
    self.storage = storage
    self.host = host
    self.port = port
    self.remotes = remotes
    self.remoteInterval = remoteInterval
    self.compaction = compaction
    self.limits = limits
    self.logger = logger
    self.now = now
    self.listening = listening
  }

  /// Serves until a graceful shutdown, which lets running sessions end.
  ///
  /// - Throws: ``TransportFailure``.
  package func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        await cancelWhenGracefulShutdown { await self.supervisor.run() }
      }
      if let compaction {
        group.addTask { [self] in
          await cancelWhenGracefulShutdown {
            await compaction.run(self.storage, uses: self.uses, logger: self.logger)
          }
        }
      }
      try await answer()
      // Without its server a hub calls nobody either.
      group.cancelAll()
    }
    logger.info("stopped")
  }

  private var supervisor: RemoteSupervisor {
    RemoteSupervisor(
      remotes: remotes,
      interval: remoteInterval,
      limits: limits,
      now: now,
      logger: logger,
      open: { [self] in try store(of: $0) }
    )
  }

  private func answer() async throws {
    let server = Mutex<ListeningServer?>(nil)
    try await withGracefulShutdownHandler {
      try await SyncServer(limits: limits, now: now).run(
        host: host,
        port: port,
        listening: { listeningServer in
          server.withLock { $0 = listeningServer }
          logger.info("listening", metadata: ["address": "\(listeningServer.address)"])
          listening(listeningServer.address)
        },
        report: { [logger] event in Self.log(event, to: logger) },
        authorise: { [self] archive in try store(of: archive) }
      )
    } onGracefulShutdown: { [logger] in
      logger.info("stopping")
      server.withLock { $0?.stop() }
    }
  }

  private func store(of archive: RequestedArchive) throws -> any SessionStore {
    let name = archive.name
    if let store = opened.withLock({ $0[name] }) { return store }
    do {
      let archive = try storage.archive(named: name)
      return opened.withLock { opened in
        if let store = opened[name] { return store }
        let store = GroupCommit(archive, limits: limits) { [uses] in uses.note(name) }
        opened[name] = store
        return store
      }
    } catch let failure as HubStorageFailure {
      let code: PeerFailure.Code =
        switch failure {
        case .unknown, .unacceptableName, .exists: .unknownArchive
        case .newer, .notAnArchive, .repairBrokenOff, .beyondRepair, .nothingToTake: .storage
        }
      throw PeerFailure(code, failure.description, scope: .archive)
    }
  }

  private static func log(_ event: SyncServer.ConnectionEvent, to logger: Logger) {
    switch event {
    case .ended(let peer, let archive, let session):
      let tally = session.outcome.tally
      logger.info(
        "session ended",
        metadata: [
          "peer": "\(peer)", "archive": "\(archive ?? "-")",
          "verdict": "\(session.outcome.verdict)",
          "packs_received": "\(tally.packsReceived)", "packs_sent": "\(tally.packsSent)",
          "changes_new": "\(tally.changesReceived)",
          "bytes_received": "\(session.costs.bytesReceived)",
          "bytes_sent": "\(session.costs.bytesSent)",
        ]
      )
    case .failed(let peer, let archive, let failure as PeerFailure) where failure == .shuttingDown:
      logger.info("session ended", metadata: ["peer": "\(peer)", "archive": "\(archive ?? "-")"])
    case .failed(let peer, let archive, let error):
      let reason = (error as? PeerFailure)?.message ?? "\(error)"
      logger.warning(
        "session failed",
        metadata: ["peer": "\(peer)", "archive": "\(archive ?? "-")", "reason": "\(reason)"]
      )
    }
  }
}

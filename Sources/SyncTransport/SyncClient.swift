package import ChangeLog
internal import NIOCore
internal import NIOPosix
package import SyncProtocol

/// Syncs with a peer, over TCP or with a program that is started for it.
package struct SyncClient: Sendable {
  private let environment: SessionEnvironment

  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  /// - `sessions`: where those that stay open are kept.
  /// - `progress`: may not block.
  package init(
    limits: SyncLimits,
    now: @escaping @Sendable () -> Int64,
    sessions: LiveSessions = LiveSessions(),
    progress: @escaping @Sendable (SessionProgress) -> Void = { _ in }
  ) {
    environment = SessionEnvironment(
      limits: limits,
      now: now,
      sessions: sessions,
      progress: progress
    )
  }

  /// - `archive`: `nil` when only its name is known yet.
  private func request(for archive: ArchiveID?, named name: String, isLive: Bool) -> DialRequest {
    DialRequest(
      archive: archive.map { .id($0, name: name) } ?? .name(name),
      limits: environment.limits,
      isLive: isLive
    )
  }

  /// Runs one session over TCP.
  ///
  /// - `archive`: `nil` when only its name is known yet.
  /// - `peer`: the store that answered at this address last time.
  /// - `isLive`: whether to stay when both sides are equal.
  /// Throws: ``TransportFailure``, ``PeerFailure``, and what the store throws.
  package func sync(
    _ store: any SessionStore,
    with address: SyncAddress,
    archive: ArchiveID?,
    peer: StoreID?,
    isLive: Bool = false
  ) async throws -> DrivenSession {
    guard Loopback.contains(address.host) else {
      throw TransportFailure.notLoopback(address.host)
    }
    let start = ContinuousClock.now
    let request = request(for: archive, named: address.archive, isLive: isLive)
    let side = SessionHandler.Side.dialler(request, store, peer: peer, since: start)
    let running: RunningSession
    do {
      running = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(10))
        .channelOption(.socketOption(.tcp_nodelay), value: 1)
        .channelOption(.autoRead, value: false)
        .connect(host: address.host, port: address.port) { [environment] channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.install(side, environment, in: channel)
          }
        }
    } catch {
      throw TransportFailure.unreachable("\(address.host):\(address.port)")
    }
    return try await running.result()
  }

  /// Runs one session with a program that answers on its stdin and stdout; it has ended then.
  ///
  /// - `name`: what the archive is called in the greeting; the program has only one to give.
  /// - `archive`: `nil` when it is not known yet.
  /// - `peer`: the store that answered there last time.
  /// - `isLive`: whether to stay when both sides are equal.
  /// Throws: ``TransportFailure``, ``PeerFailure``, and what the store throws.
  package func sync(
    _ store: any SessionStore,
    through command: PeerCommand,
    name: String,
    archive: ArchiveID?,
    peer: StoreID?,
    isLive: Bool = false
  ) async throws -> DrivenSession {
    let start = ContinuousClock.now
    let process = try PeerProcess(command)
    let request = request(for: archive, named: name, isLive: isLive)
    let side = SessionHandler.Side.dialler(request, store, peer: peer, since: start)
    let running: RunningSession
    do {
      running = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.autoRead, value: false)
        .takingOwnershipOfDescriptors(input: process.output, output: process.input) {
          [environment] channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.installPatiently(side, environment, in: channel)
          }
        }
    } catch {
      process.closePipes()
      _ = await process.ending()
      throw TransportFailure.noPipe
    }
    let result: Result<DrivenSession, any Error>
    do {
      result = .success(try await running.result())
    } catch {
      result = .failure(error)
    }
    let ending = await process.ending()
    do {
      return try result.get()
    } catch let failure as PeerFailure where failure == .lost {
      throw TransportFailure.programEnded(command.purpose, ending)
    } catch let failure as PeerFailure where failure == .otherLanguage {
      throw TransportFailure.programBabbles(command.purpose)
    }
  }
}

package import ChangeLog
internal import NIOCore
internal import NIOPosix
package import SyncProtocol

/// Syncs with a peer, over TCP or with a program that is started for it.
package struct SyncClient: Sendable {
  private let driver: SessionDriver
  private let limits: SyncLimits

  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  /// - `sessions`: where those that stay open are kept.
  package init(
    limits: SyncLimits,
    now: @escaping @Sendable () -> Int64,
    sessions: LiveSessions = LiveSessions(),
    progress: @escaping @Sendable (SessionProgress) -> Void = { _ in }
  ) {
    self.limits = limits
    driver = SessionDriver(limits: limits, now: now, sessions: sessions, progress: progress)
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
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(10))
        .channelOption(.socketOption(.tcp_nodelay), value: 1)
        .connect(host: address.host, port: address.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.install(in: channel, limits: limits)
          }
        }
    } catch {
      throw TransportFailure.unreachable("\(address.host):\(address.port)")
    }
    let connecting = ContinuousClock.now - start
    let request: RequestedArchive =
      archive.map { .id($0, name: address.archive) } ?? .name(address.archive)
    var session = try await dial(channel, request, store, peer, isLive)
    session.costs.connecting = connecting
    return session
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
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .takingOwnershipOfDescriptors(input: process.output, output: process.input) { channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.installPatiently(in: channel, limits: limits)
          }
        }
    } catch {
      process.closePipes()
      _ = await process.ending()
      throw TransportFailure.noPipe
    }
    let connecting = ContinuousClock.now - start
    let request: RequestedArchive = archive.map { .id($0, name: name) } ?? .name(name)
    let result: Result<DrivenSession, any Error>
    do {
      result = .success(try await dial(channel, request, store, peer, isLive))
    } catch {
      result = .failure(error)
    }
    let ending = await process.ending()
    do {
      var session = try result.get()
      session.costs.connecting = connecting
      return session
    } catch let failure as PeerFailure where failure == .lost {
      throw TransportFailure.programEnded(command.purpose, ending)
    } catch let failure as PeerFailure where failure == .otherLanguage {
      throw TransportFailure.programBabbles(command.purpose)
    }
  }

  private func dial(
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
    _ archive: RequestedArchive,
    _ store: any SessionStore,
    _ peer: StoreID?,
    _ isLive: Bool
  ) async throws -> DrivenSession {
    do {
      return try await driver.dial(
        channel,
        archive: archive,
        store: store,
        peer: peer,
        isLive: isLive
      )
    } catch is any NIOConnectionProblem {
      throw PeerFailure.lost
    }
  }
}

/// Errors of NIO that mean no more than that the connection is gone.
protocol NIOConnectionProblem: Error {}
extension ChannelError: NIOConnectionProblem {}
extension IOError: NIOConnectionProblem {}

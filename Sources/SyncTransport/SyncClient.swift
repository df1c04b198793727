package import ChangeLog
internal import NIOCore
internal import NIOPosix
package import SyncProtocol

/// Syncs with a peer over TCP.
package struct SyncClient: Sendable {
  private let driver: SessionDriver
  private let limits: SyncLimits

  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  package init(
    limits: SyncLimits,
    now: @escaping @Sendable () -> Int64,
    progress: @escaping @Sendable (SessionProgress) -> Void = { _ in }
  ) {
    self.limits = limits
    driver = SessionDriver(limits: limits, now: now, progress: progress)
  }

  /// Runs one session.
  ///
  /// - `archive`: `nil` when only its name is known yet.
  /// - `peer`: the store that answered at this address last time.
  /// Throws: ``TransportFailure``, ``PeerFailure``, and what the store throws.
  package func sync(
    _ store: any SessionStore,
    with address: SyncAddress,
    archive: ArchiveID?,
    peer: StoreID?
  ) async throws -> DrivenSession {
    guard Loopback.contains(address.host) else {
      throw TransportFailure.notLoopback(address.host)
    }
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(10))
        .channelOption(.socketOption(.tcp_nodelay), value: 1)
        .connect(host: address.host, port: address.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(SilenceHandler.idle(limits))
            try channel.pipeline.syncOperations.addHandler(SilenceHandler())
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw TransportFailure.unreachable("\(address.host):\(address.port)")
    }
    let request: RequestedArchive =
      archive.map { .id($0, name: address.archive) } ?? .name(address.archive)
    do {
      return try await driver.dial(channel, archive: request, store: store, peer: peer)
    } catch is any NIOConnectionProblem {
      throw PeerFailure.lost
    }
  }
}

/// Errors of NIO that mean no more than that the connection is gone.
private protocol NIOConnectionProblem: Error {}
extension ChannelError: NIOConnectionProblem {}
extension IOError: NIOConnectionProblem {}

/// Why no session came about.
package enum TransportFailure: Error, Hashable, Sendable {
  case unreachable(String)
  case notLoopback(String)
  case cannotListen(String, reason: String)
}

extension TransportFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let peer):
      "nothing answers at \(peer): see that 'stetd serve' runs there and that the address is right"
    case .notLoopback(let host):
      "\(host) is another machine, and this version sends everything unencrypted: "
        + "use 127.0.0.1, through an ssh tunnel where the hub is elsewhere"
    case .cannotListen(let address, let reason):
      "cannot listen on \(address): \(reason)"
    }
  }
}

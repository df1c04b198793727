internal import ChangeLog
internal import Foundation
internal import NIOCore
internal import NIOPosix
package import SyncProtocol

/// Answers peers over TCP.
package struct SyncServer: Sendable {
  /// What happened to one connection.
  package enum ConnectionEvent: Sendable {
    case ended(peer: String, archive: String?, DrivenSession)
    case failed(peer: String, archive: String?, any Error)
  }

  private let limits: SyncLimits
  private let now: @Sendable () -> Int64
  private let sessions = LiveSessions()

  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  package init(limits: SyncLimits, now: @escaping @Sendable () -> Int64) {
    self.limits = limits
    self.now = now
  }

  /// Listens until it is stopped and the running sessions have ended, or the task is cancelled.
  ///
  /// - `port`: 0 lets the system choose.
  /// - `listening`: called once, with the address that was taken.
  /// Throws: ``TransportFailure``.
  package func run(
    host: String,
    port: Int,
    listening: @Sendable (ListeningServer) -> Void,
    report: @escaping @Sendable (ConnectionEvent) -> Void,
    authorise: @escaping Authoriser
  ) async throws {
    guard Loopback.contains(host) else { throw TransportFailure.notLoopback(host) }
    let environment = environment
    let connections = OpenConnections(limit: limits.connectionLimit)
    let channel: any Channel
    do {
      channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: 512)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        .childChannelOption(.autoRead, value: false)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard let number = connections.begin() else {
              return try channel.pipeline.syncOperations.addHandler(ClosingHandler())
            }
            let requested = RequestedName()
            let session = try SyncPipeline.install(
              .answerer { archive in
                requested.set(archive.name)
                return try await authorise(archive)
              },
              environment,
              in: channel
            )
            connections.add(number) { session.handler.execute { $0.cancel() } }
            session.ended.whenComplete { result in
              let peer = Self.name(of: session.handler.value.peer)
              // Not on the event loop: whoever is told may write a log to a pipe that is full.
              Task {
                switch result {
                case .success(let session):
                  report(.ended(peer: peer, archive: requested.name, session))
                case .failure(let error):
                  report(.failed(peer: peer, archive: requested.name, error))
                }
                connections.end(number)
              }
            }
          }
        }
        .bind(host: host, port: port)
        .get()
    } catch {
      throw TransportFailure.cannotListen("\(host):\(port)", reason: "\(error)")
    }
    listening(
      ListeningServer(address: Self.name(of: channel.localAddress)) {
        channel.close(promise: nil)
        sessions.end()
      }
    )
    try await withTaskCancellationHandler {
      try await channel.closeFuture.get()
      await connections.allHaveEnded()
    } onCancel: {
      channel.close(promise: nil)
      connections.cancel()
    }
  }

  /// Answers one peer over two descriptors, which are closed then.
  ///
  /// - Throws: ``TransportFailure``, ``PeerFailure``, and what the store throws.
  package func answer(
    input: CInt,
    output: CInt,
    authorise: @escaping Authoriser
  ) async throws -> DrivenSession {
    guard Descriptor.isPipe(input), Descriptor.isPipe(output) else { throw TransportFailure.noPipe }
    let running: RunningSession
    do {
      running = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.autoRead, value: false)
        .takingOwnershipOfDescriptors(input: input, output: output) { [environment] channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.install(.answerer(authorise), environment, in: channel)
          }
        }
    } catch {
      throw TransportFailure.noPipe
    }
    return try await running.result()
  }

  private var environment: SessionEnvironment {
    SessionEnvironment(limits: limits, now: now, sessions: sessions) { _ in }
  }
}

private enum Descriptor {
  /// Whether it is a pipe or a socket: on a file or `/dev/null`, which cannot be waited for, NIO traps.
  static func isPipe(_ descriptor: CInt) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0
      && [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
  }
}

extension SyncServer {
  private static func name(of address: SocketAddress?) -> String {
    guard let address, let host = address.ipAddress, let port = address.port else {
      return "unknown"
    }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// A server that accepts connections.
package struct ListeningServer: Sendable {
  /// `HOST:PORT`, an IPv6 address in brackets.
  package let address: String
  /// Accepts no further connections; sessions that stay open are ended, the others go on to their end.
  package let stop: @Sendable () -> Void
}

internal import ChangeLog
internal import Foundation
internal import NIOCore
internal import NIOPosix
package import SyncProtocol
internal import Synchronization

/// Answers peers over TCP, one task for a connection.
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
    authorise: @escaping SessionDriver.Authoriser
  ) async throws {
    guard Loopback.contains(host) else { throw TransportFailure.notLoopback(host) }
    let server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    do {
      server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: 512)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.install(in: channel, limits: limits)
          }
        }
    } catch {
      throw TransportFailure.cannotListen("\(host):\(port)", reason: "\(error)")
    }
    let channel = server.channel
    listening(
      ListeningServer(address: Self.name(of: channel.localAddress)) {
        channel.close(promise: nil)
        sessions.end()
      }
    )
    try await server.executeThenClose { connections in
      try await withThrowingDiscardingTaskGroup { group in
        let open = OpenConnections(limit: limits.connectionLimit)
        for try await connection in connections {
          guard open.begin() else {
            connection.channel.close(promise: nil)
            continue
          }
          group.addTask {
            await answer(connection, report: report, authorise: authorise)
            open.end()
          }
        }
      }
    }
  }

  /// Answers one peer over two descriptors, which are closed then.
  ///
  /// - Throws: ``TransportFailure``, ``PeerFailure``, and what the store throws.
  package func answer(
    input: CInt,
    output: CInt,
    authorise: @escaping SessionDriver.Authoriser
  ) async throws -> DrivenSession {
    guard Descriptor.isPipe(input), Descriptor.isPipe(output) else { throw TransportFailure.noPipe }
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .takingOwnershipOfDescriptors(input: input, output: output) { channel in
          channel.eventLoop.makeCompletedFuture {
            try SyncPipeline.install(in: channel, limits: limits)
          }
        }
    } catch {
      throw TransportFailure.noPipe
    }
    do {
      return try await SessionDriver(limits: limits, now: now, sessions: sessions)
        .answer(channel, authorise: authorise)
    } catch is any NIOConnectionProblem {
      throw PeerFailure.lost
    }
  }

  private func answer(
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
    report: @Sendable (ConnectionEvent) -> Void,
    authorise: @escaping SessionDriver.Authoriser
  ) async {
    let peer = Self.name(of: channel.channel.remoteAddress)
    let requested = RequestedName()
    do {
      let driver = SessionDriver(limits: limits, now: now, sessions: sessions)
      let session = try await driver.answer(channel) { archive in
        requested.set(archive.name)
        return try await authorise(archive)
      }
      report(.ended(peer: peer, archive: requested.name, session))
    } catch {
      report(.failed(peer: peer, archive: requested.name, error))
    }
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

/// How many connections are being answered.
private final class OpenConnections: Sendable {
  private let count = Mutex(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Counts one more, where there is room.
  func begin() -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func end() { count.withLock { $0 -= 1 } }
}

/// The archive that a connection asked for, for the log line at its end.
private final class RequestedName: Sendable {
  private let value = Mutex<String?>(nil)

  var name: String? { value.withLock { $0 } }

  func set(_ name: String) { value.withLock { $0 = name } }
}

/// A server that accepts connections.
package struct ListeningServer: Sendable {
  /// `HOST:PORT`, an IPv6 address in brackets.
  package let address: String
  /// Accepts no further connections; sessions that stay open are ended, the others go on to their end.
  package let stop: @Sendable () -> Void
}

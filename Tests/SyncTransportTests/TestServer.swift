import ChangeLog
import HubStorage
import NIOCore
import NIOPosix
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization

/// A server on loopback with one empty archive, `desk`.
enum TestServer {
  /// Of a server whose peers may be tests that wait long for their turn.
  static let patient = {
    var limits = SyncLimits()
    limits.silenceLimit = 3_600_000
    return limits
  }()

  /// Runs a server as long as the body runs, and until its sessions have ended.
  ///
  /// - `authorised`: waited for before a peer gets its archive.
  /// - `reported`: called when a connection is.
  /// Returns: what it reported.
  static func run(
    limits: SyncLimits = patient,
    genesis: Genesis? = nil,
    authorised: @escaping @Sendable () async -> Void = {},
    reported: @escaping @Sendable () -> Void = {},
    _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws -> [SyncServer.ConnectionEvent] {
    let storage = try storage()
    if let genesis { try storage.archive(named: "desk").adopt(genesis) }
    let (servers, source) = AsyncStream.makeStream(of: ListeningServer.self)
    let events = ReportedEvents()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await SyncServer(limits: limits, now: { 0 }).run(
          host: "127.0.0.1",
          port: 0,
          listening: { source.yield($0) },
          report: { event in
            reported()
            events.append(event)
          },
          authorise: { archive in
            await authorised()
            return BlockingSessionStore(try storage.archive(named: archive.name))
          }
        )
      }
      for await server in servers {
        try await body(Int(server.address.split(separator: ":")[1]) ?? 0)
        server.stop()
        break
      }
      try await group.waitForAll()
    }
    return events.all
  }

  static func hello(
    archive: String,
    genesis: Genesis? = nil,
    isLive: Bool = false
  ) -> [UInt8] {
    let store = StoreID([UInt8](repeating: 9, count: 16))
    let end = store.map { Cursor(store: $0, position: 0, check: LogCheck(store: $0).prefix) }
    guard let end else { return [] }
    let hello = Hello(
      versions: [1],
      codecs: [0, 1],
      archive: genesis.map { .id($0.archive, name: archive) } ?? .name(archive),
      time: 0,
      end: end,
      known: nil,
      frontier: Frontier().digest,
      lane: nil,
      isLive: isLive
    )
    return FrameDecoder.preface + FrameDecoder.frame(MessageCodec.encode(.hello(hello)))
  }

  private static func storage(seed: UInt64 = 7) throws -> MemoryHubStorage {
    let random = SharedRandom(seed: seed)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    return storage
  }

  /// An archive without changes, for a client.
  static func emptyStore() throws -> BlockingSessionStore<MemoryHubArchive> {
    BlockingSessionStore(try storage(seed: 5).archive(named: "desk"))
  }

  /// Opens a connection that is nothing but bytes.
  static func connect(to port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
  }
}

/// What a server reported.
private final class ReportedEvents: Sendable {
  private let events = Mutex<[SyncServer.ConnectionEvent]>([])

  var all: [SyncServer.ConnectionEvent] { events.withLock { $0 } }

  func append(_ event: SyncServer.ConnectionEvent) { events.withLock { $0.append(event) } }
}

import ChangeLog
import HubStorage
import NIOCore
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization
import Testing

/// How connections end, when they do not end with their sessions.
@Suite struct ConnectionEndTests {
  @Test func `a connection that breaks is reported when the store has come to rest`() async throws {
    let (began, beginnings) = AsyncStream.makeStream(of: Void.self)
    let (goesOn, permits) = AsyncStream.makeStream(of: Void.self)
    let isAtRest = Mutex(false)
    let events = try await TestServer.run(
      authorised: {
        beginnings.yield()
        for await _ in goesOn { break }
        isAtRest.withLock { $0 = true }
      },
      reported: { #expect(isAtRest.withLock { $0 }) },
      { port in
        let channel = try await TestServer.connect(to: port)
        try await channel.executeThenClose { _, outbound in
          try await outbound.write(ByteBuffer(bytes: TestServer.hello(archive: "desk")))
          for await _ in began { break }
        }
        permits.yield()
        permits.finish()
      }
    )
    #expect(events.count == 1)
  }

  @Test func `a connection too many is closed, and the next is answered when there is room`()
    async throws
  {
    var limits = TestServer.patient
    limits.connectionLimit = 1
    _ = try await TestServer.run(limits: limits) { port in
      let first = try await TestServer.connect(to: port)
      try await first.executeThenClose { inbound, _ in
        // It is counted: it was greeted.
        for try await _ in inbound { break }
        let second = try await TestServer.connect(to: port)
        try await second.executeThenClose { inbound, _ in
          for try await _ in inbound { Issue.record("it was greeted") }
        }
      }
      var isGreeted = false
      while !isGreeted {
        let third = try await TestServer.connect(to: port)
        // Until the server has seen the first one's end.
        try? await third.executeThenClose { inbound, _ in
          for try await _ in inbound {
            isGreeted = true
            break
          }
        }
      }
    }
  }

  @Test func `a sync that is cancelled ends, whatever its peer does`() async throws {
    let (began, beginnings) = AsyncStream.makeStream(of: Void.self)
    let (goesOn, permits) = AsyncStream.makeStream(of: Void.self)
    _ = try await TestServer.run(
      authorised: {
        beginnings.yield()
        for await _ in goesOn { break }
      },
      { port in
        let address = try #require(SyncAddress("stet://127.0.0.1:\(port)/desk"))
        let store = try TestServer.emptyStore()
        let sync = Task {
          try await SyncClient(limits: SyncLimits(), now: { 0 })
            .sync(store, with: address, archive: nil, peer: nil)
        }
        for await _ in began { break }
        sync.cancel()
        await #expect(throws: PeerFailure.lost) { try await sync.value }
        permits.yield()
        permits.finish()
      }
    )
  }
}

import ChangeLog
import Foundation
import HubStorage
import NIOCore
import NIOPosix
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization
import Testing

/// A server on loopback with one empty archive, and raw bytes against it.
@Suite struct ServerTests {
  /// Sends bytes in pieces, and returns what the server answers: its first frame, or all until it
  /// closes.
  private static func answer(
    to bytes: [UInt8],
    port: Int,
    pieceByteCount: Int = 4096
  ) async throws
    -> [UInt8]
  {
    let channel = try await TestServer.connect(to: port)
    return try await channel.executeThenClose { inbound, outbound in
      for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
        let piece = bytes[start..<min(bytes.count, start + pieceByteCount)]
        try? await outbound.write(ByteBuffer(bytes: piece))
      }
      var answer: [UInt8] = []
      var decoder = FrameDecoder(byteLimit: 4096)
      do {
        for try await buffer in inbound {
          answer += Array(buffer.readableBytesView)
          decoder.append(buffer.readableBytesView)
          if try decoder.next() != nil { break }
        }
      } catch {
        // A reset while bytes were still on their way is an answer too.
      }
      return answer
    }
  }

  static let strangers: [(what: String, bytes: [UInt8])] = [
    (what: "another protocol", bytes: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
    (what: "a frame that claims 4 GiB", bytes: FrameDecoder.preface + [255, 255, 255, 255]),
    (what: "a frame above the greeting's limit", bytes: FrameDecoder.preface + [0, 16, 0, 0]),
    (what: "no message", bytes: FrameDecoder.preface + FrameDecoder.frame([255, 255, 255])),
    (what: "a message out of turn", bytes: FrameDecoder.preface + FrameDecoder.frame([0x3A, 0])),
    (what: "noise", bytes: SharedRandom(seed: 3).bytes(100_000)),
  ]

  @Test(arguments: strangers)
  func `a peer that speaks something else is refused and nothing breaks`(
    what: String,
    bytes: [UInt8]
  ) async throws {
    let events = try await TestServer.run { port in
      _ = try await Self.answer(to: bytes, port: port)
      // The server still answers others.
      let answer = try await Self.answer(to: TestServer.hello(archive: "desk"), port: port)
      #expect(answer.starts(with: FrameDecoder.preface))
    }
    let failures = events.filter { if case .failed = $0 { true } else { false } }
    #expect(failures.count == 1, "\(what)")
  }

  @Test(arguments: [
    [], FrameDecoder.preface, FrameDecoder.preface + [0, 0, 1], TestServer.hello(archive: "desk"),
  ])
  func `a peer that falls silent is let go`(after bytes: [UInt8]) async throws {
    var limits = SyncLimits()
    limits.silenceLimit = 20
    _ = try await TestServer.run(limits: limits) { port in
      // It ends when the server closes, whether or not it has answered before; on a busy machine that
      // may be so soon that nothing can be written any more.
      let channel = try? await TestServer.connect(to: port)
      try? await channel?.executeThenClose { inbound, outbound in
        try? await outbound.write(ByteBuffer(bytes: bytes))
        for try await _ in inbound {}
      }
    }
  }

  @Test func `a hello that comes byte by byte is understood`() async throws {
    _ = try await TestServer.run { port in
      let answer = try await Self.answer(
        to: TestServer.hello(archive: "desk"),
        port: port,
        pieceByteCount: 1
      )
      var decoder = FrameDecoder(byteLimit: 4096)
      decoder.append(answer)
      let message = try #require(try decoder.next())
      let decoded = try MessageCodec.decode(message, limits: SyncLimits())
      guard case .welcome = decoded else {
        Issue.record("not a welcome")
        return
      }
    }
  }

  @Test func `a peer that asks much before it reads is answered when it reads`() async throws {
    let genesis = try WriterFixture(seed: 1).genesis
    var limits = SyncLimits()
    limits.outgoingByteLimit = 64
    let questionCount = 50_000
    let stay = FrameDecoder.frame(MessageCodec.encode(.stay))
    _ = try await TestServer.run(limits: limits, genesis: genesis) { port in
      let channel = try await TestServer.connect(to: port)
      try await channel.executeThenClose { inbound, outbound in
        let questions = (0..<questionCount).flatMap { _ in stay }
        let hello = TestServer.hello(archive: "desk", genesis: genesis, isLive: true)
        try await outbound.write(ByteBuffer(bytes: hello))
        var decoder = FrameDecoder(byteLimit: 4096)
        var answerCount = 0
        for try await buffer in inbound {
          decoder.append(buffer.readableBytesView)
          while let frame = try decoder.next() {
            if frame == Array(stay[4...]) {
              answerCount += 1
            } else {
              // The welcome.
              try await outbound.write(ByteBuffer(bytes: questions))
            }
          }
          if answerCount == questionCount { break }
        }
        #expect(answerCount == questionCount)
      }
    }
  }

  @Test func `an unknown archive is refused in words`() async throws {
    _ = try await TestServer.run { port in
      let answer = try await Self.answer(to: TestServer.hello(archive: "other"), port: port)
      var decoder = FrameDecoder(byteLimit: 4096)
      decoder.append(answer)
      let message = try #require(try decoder.next())
      guard case .failure = try MessageCodec.decode(message, limits: SyncLimits()) else {
        Issue.record("not a failure")
        return
      }
    }
  }

  @Test func `a client whose peer is no hub says so`() async throws {
    // A listener that greets like a mail server.
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let port = server.channel.localAddress?.port ?? 0
    let mail = Task {
      try await server.executeThenClose { connections in
        for try await connection in connections {
          try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "220 mail.example.org ESMTP\r\n"))
            for try await _ in inbound {}
          }
        }
      }
    }
    defer { mail.cancel() }
    let address = try #require(SyncAddress("stet://127.0.0.1:\(port)/desk"))
    let store = try TestServer.emptyStore()
    await #expect(throws: PeerFailure.self) {
      try await SyncClient(limits: SyncLimits(), now: { 0 }).sync(
        store,
        with: address,
        archive: nil,
        peer: nil
      )
    }
  }
}

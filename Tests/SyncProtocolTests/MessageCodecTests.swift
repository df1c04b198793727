import CRDT
import ChangeLog
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct MessageCodecTests {
  /// The largest values that a greeting carries for the next centuries.
  private static let position = UInt64(1) << 40
  private static let time: Int64 = 1 << 42
  private static let name = String(repeating: "n", count: 40)

  private static func cursor(_ number: UInt8) -> WireCursor {
    var cursor = WireCursor()
    cursor.store = [UInt8](repeating: number, count: 16).data
    cursor.position = position
    cursor.check = [UInt8](repeating: number, count: 8).data
    return cursor
  }

  private static var largestHello: WireMessage {
    var wire = WireMessage()
    wire.hello.versions = [1]
    wire.hello.codecs = Codec.allCases.map(\.rawValue)
    wire.hello.archive = [UInt8](repeating: 1, count: 32).data
    wire.hello.name = name
    wire.hello.time = time
    wire.hello.end = cursor(1)
    wire.hello.known = cursor(2)
    wire.hello.frontier = [UInt8](repeating: 1, count: 32).data
    wire.hello.lane = [UInt8](repeating: 1, count: 16).data
    return wire
  }

  private static var largestWelcome: WireMessage {
    var wire = WireMessage()
    wire.welcome.version = 1
    wire.welcome.codecs = Codec.allCases.map(\.rawValue)
    wire.welcome.archive = [UInt8](repeating: 1, count: 32).data
    wire.welcome.time = time
    wire.welcome.end = cursor(1)
    wire.welcome.known = cursor(2)
    wire.welcome.frontier = [UInt8](repeating: 1, count: 32).data
    wire.welcome.laneSeq = position
    wire.welcome.laneHash = [UInt8](repeating: 1, count: 8).data
    wire.welcome.streaming = true
    return wire
  }

  /// Of each other kind one.
  private static var others: [[UInt8]] {
    var kinds = Array(repeating: WireMessage(), count: 8)
    kinds[0].birth.genesis = [UInt8](repeating: 1, count: 100).data
    var bucket = WireFrontierDigests.Bucket()
    bucket.number = 7
    bucket.digest = [UInt8](repeating: 1, count: 8).data
    kinds[1].frontierDigests.buckets = [bucket]
    var head = WireFrontierHeads.Head()
    head.lane = [UInt8](repeating: 7, count: 16).data
    head.seq = 3
    head.hash = [UInt8](repeating: 1, count: 8).data
    kinds[2].frontierHeads.buckets = [7]
    kinds[2].frontierHeads.heads = [head]
    kinds[3].pack.pack = [UInt8](repeating: 1, count: 100).data
    kinds[3].pack.position = position
    kinds[3].pack.check = [UInt8](repeating: 1, count: 8).data
    kinds[4].acknowledgement.position = position
    kinds[5].sent.end = cursor(1)
    kinds[6].done.end = cursor(1)
    kinds[6].done.frontier = [UInt8](repeating: 1, count: 32).data
    kinds[7].failure.code = 9
    kinds[7].failure.message = "words"
    kinds[7].failure.retryAfter = 1000
    return kinds.map(\.encoded)
  }

  @Test func `a greeting is at most 250 bytes each way`() throws {
    for wire in [Self.largestHello, Self.largestWelcome] {
      let message = try #require(try MessageCodec.decode(wire.encoded, limits: SyncLimits()))
      let bytes = FrameDecoder.preface + FrameDecoder.frame(MessageCodec.encode(message))
      #expect(bytes.count <= 250, "\(message.words)")
    }
  }

  @Test func `first contact of 10,000 replicas that differ in ten takes kilobytes`() throws {
    var random = SeededRandom(seed: 10_000)
    func lane() throws -> LaneID { try #require(LaneID(random.bytes(LaneID.byteCount))) }
    func head() -> LaneHead {
      LaneHead(seq: UInt64.random(in: 1...100_000, using: &random), hash: Hash(of: random.bytes(8)))
    }
    var mine = Frontier()
    for _ in 0..<10_000 { mine.heads[try lane()] = head() }
    var theirs = mine
    for lane in mine.heads.keys.sorted().prefix(5) { theirs.heads[lane] = head() }
    for _ in 0..<5 { theirs.heads[try lane()] = head() }

    // Each side asks, and is answered.
    var messages: [SyncMessage] = []
    for (asking, answering) in [(mine, theirs), (theirs, mine)] {
      let digests = asking.bucketDigests.mapValues(\.prefix)
      messages.append(.frontierDigests(digests))
      messages.append(.frontierHeads(answering.claims(differingFrom: digests)))
    }
    let bytes = messages.flatMap { FrameDecoder.frame(MessageCodec.encode($0)) }
    #expect(bytes.count < 40_000)
    for message in messages {
      _ = try #require(try MessageCodec.decode(MessageCodec.encode(message), limits: SyncLimits()))
    }
  }

  @Test func `a kind of message that nobody knows yet is passed over`() throws {
    // Field 100 of a newer program.
    #expect(try MessageCodec.decode([0xA2, 0x06, 0x01, 0x00], limits: SyncLimits()) == nil)
    #expect(try MessageCodec.decode([], limits: SyncLimits()) == nil)
  }

  @Test func `a failure of an unknown code and scope counts as internal`() throws {
    var wire = WireMessage()
    wire.failure.code = 999
    wire.failure.covers = 999
    wire.failure.message = String(repeating: "x", count: 5000)
    guard
      case .failure(let failure)? = try MessageCodec.decode(wire.encoded, limits: SyncLimits())
    else {
      Issue.record("no failure")
      return
    }
    #expect(failure.code == .internal)
    #expect(failure.scope == .connection)
    #expect(failure.message.utf8.count == 500)
  }

  @Test func `more heads than the limit are refused`() {
    var limits = SyncLimits()
    limits.headCountLimit = 2
    for count in 1...3 as ClosedRange<UInt8> {
      var wire = WireMessage()
      wire.frontierHeads.buckets = (1...count).map(UInt32.init)
      wire.frontierHeads.heads = (1...count).map {
        var head = WireFrontierHeads.Head()
        head.lane = [UInt8](repeating: $0, count: 16).data
        head.seq = 1
        head.hash = [UInt8](repeating: 0, count: 8).data
        return head
      }
      let bytes = wire.encoded
      #expect(((try? MessageCodec.decode(bytes, limits: limits)) != nil) == (count <= 2))
    }
  }

  @Test func `heads and digests are counted before any is decoded`() {
    // Each holds a number that does not end.
    let broken: [UInt8] = [2, 0x10, 0x80]
    for (message, field, limit) in [(5, 2, SyncLimits().headCountLimit), (4, 1, 256)] {
      for (count, detail) in [(limit, "a message"), (limit + 1, "a frontier's size")] {
        let contents = Array(repeating: [UInt8(field << 3 | 2)] + broken, count: count).flatMap(
          \.self
        )
        var length: [UInt8] = []
        var rest = contents.count
        while rest >= 0x80 {
          length.append(UInt8(rest & 0x7F | 0x80))
          rest >>= 7
        }
        let bytes = [UInt8(message << 3 | 2)] + length + [UInt8(rest)] + contents
        do {
          _ = try MessageCodec.decode(bytes, limits: SyncLimits())
          Issue.record("\(detail) was read")
        } catch {
          #expect(error.message.contains(detail))
        }
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `hostile bytes are refused or read`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let seeds = [Self.largestHello.encoded, Self.largestWelcome.encoded] + Self.others
    for whole in seeds {
      for _ in 0..<300 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let start = Int.random(in: 0...bytes.count, using: &random)
          let end = min(bytes.count, start + Int.random(in: 0...8, using: &random))
          bytes.replaceSubrange(
            start..<end,
            with: random.bytes(.random(in: 0...8, using: &random))
          )
        }
        do throws(PeerFailure) {
          guard let message = try MessageCodec.decode(bytes, limits: SyncLimits()) else { continue }
          // What was read can be said again, and means the same.
          let again = MessageCodec.encode(message)
          let reread = try MessageCodec.decode(again, limits: SyncLimits())
          #expect(reread.map(MessageCodec.encode) == again)
        } catch {
          #expect(error.code == .protocolViolation)
        }
      }
    }
  }
}

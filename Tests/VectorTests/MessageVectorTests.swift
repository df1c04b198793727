import CRDT
import ChangeLog
import SyncProtocol
import Testing

struct MessageVectors: Codable {
  struct Cursor: Codable {
    var store: Hex
    var position: UInt64
    var check: Hex
  }

  struct Head: Codable {
    var lane: Hex
    var seq: UInt64
    var hash: Hex
  }

  struct Bucket: Codable {
    var number: UInt8
    var digest: Hex
  }

  /// What a message says; which fields are there depends on its kind.
  struct Fields: Codable {
    var versions: [UInt32]?
    var codecs: [UInt32]?
    var archive: Hex?
    var name: String?
    var time: Int64?
    var end: Cursor?
    var known: Cursor?
    var frontier: Hex?
    var lane: Hex?
    var laneHead: Head?
    var isStreaming: Bool?
    var isLive: Bool?
    var genesis: Hex?
    var buckets: [Bucket]?
    /// Numbers of the buckets that differ.
    var differingBuckets: [UInt8]?
    var heads: [Head]?
    var pack: Hex?
    var position: UInt64?
    var check: Hex?
    var code: UInt32?
    var text: String?
    var isRetryable: Bool?
    var retryAfter: UInt64?
    var covers: UInt32?
  }

  struct Message: Codable {
    var description: String
    var kind: String
    var fields: Fields
    var message: Hex
    var frame: Hex
  }

  struct RefusedMessage: Codable {
    var description: String
    var message: Hex
    var failure: UInt32
  }

  struct RefusedStream: Codable {
    var description: String
    var stream: Hex
    var frameByteLimit: Int
    var failure: UInt32
  }

  var preface: Hex
  var messages: [Message]
  var refusedMessages: [RefusedMessage]
  var refusedStreams: [RefusedStream]
}

extension MessageVectors.Cursor {
  var cursor: ChangeLog.Cursor? {
    StoreID(store.bytes).map { ChangeLog.Cursor(store: $0, position: position, check: check.bytes) }
  }
}

extension MessageVectors.Fields {
  /// Whether a hello says this.
  func describe(_ hello: Hello) -> Bool {
    let archive: Hex? =
      switch hello.archive {
      case .id(let id, _): Hex(id.bytes)
      case .name: nil
      }
    return hello.versions == versions && hello.codecs == codecs && archive == self.archive
      && hello.archive.name == name && hello.time == time && hello.end == end?.cursor
      && hello.known == known?.cursor && hello.frontier.bytes == frontier?.bytes
      && hello.lane?.bytes == lane?.bytes && hello.isLive == (isLive ?? false)
  }

  /// Whether a welcome says this.
  func describe(_ welcome: Welcome) -> Bool {
    let laneHead = laneHead.map { ClaimedHead(seq: $0.seq, hashPrefix: $0.hash.bytes) }
    return [welcome.version] == versions && welcome.codecs == codecs
      && welcome.archive?.bytes == archive?.bytes && welcome.time == time
      && welcome.end == end?.cursor && welcome.known == known?.cursor
      && welcome.frontier.bytes == frontier?.bytes && welcome.lane == laneHead
      && welcome.isStreaming == isStreaming && welcome.isLive == (isLive ?? false)
  }
}

extension MessageVectors.Message {
  /// The message, put together from its fields; a greeting is made by a session alone.
  func value() throws -> SyncMessage {
    switch kind {
    case "birth":
      return .birth(genesis: try #require(fields.genesis?.bytes))
    case "frontier_digests":
      let buckets = try #require(fields.buckets)
      return .frontierDigests(
        Dictionary(uniqueKeysWithValues: buckets.map { ($0.number, $0.digest.bytes) })
      )
    case "frontier_heads":
      var heads: [LaneID: ClaimedHead] = [:]
      for head in try #require(fields.heads) {
        heads[try #require(LaneID(head.lane.bytes))] = ClaimedHead(
          seq: head.seq,
          hashPrefix: head.hash.bytes
        )
      }
      let buckets = try #require(fields.differingBuckets)
      return .frontierHeads(ClaimedFrontier(buckets: Set(buckets), heads: heads))
    case "pack":
      return .pack(
        PackDelivery(
          pack: try #require(fields.pack?.bytes),
          position: try #require(fields.position),
          check: try #require(fields.check?.bytes)
        )
      )
    case "acknowledgement":
      return .acknowledgement(position: try #require(fields.position))
    case "sent":
      return .sent(end: try #require(fields.end?.cursor))
    case "done":
      return .done(end: try #require(fields.end?.cursor), frontier: try frontier())
    case "failure":
      let code = try #require(fields.code)
      let covers = try #require(fields.covers)
      return .failure(
        PeerFailure(
          try #require(PeerFailure.Code(rawValue: code)),
          try #require(fields.text),
          isRetryable: fields.isRetryable == true,
          retryAfter: try #require(fields.retryAfter),
          scope: try #require(PeerFailure.Scope(rawValue: covers))
        )
      )
    case "stay":
      return .stay
    default:
      throw UnknownKind(kind: kind)
    }
  }

  struct UnknownKind: Error {
    let kind: String
  }

  private func frontier() throws -> Hash {
    try #require(fields.frontier.flatMap { Hash($0.bytes) })
  }
}

@Suite struct MessageVectorTests {
  private let vectors: MessageVectors

  init() throws { vectors = try VectorFile.load("messages", as: MessageVectors.self) }

  @Test func `every kind of message is there`() {
    #expect(
      Set(vectors.messages.map(\.kind)) == [
        "hello", "welcome", "birth", "frontier_digests", "frontier_heads", "pack",
        "acknowledgement", "sent", "done", "failure", "stay",
      ]
    )
  }

  @Test func `messages and their frames`() throws {
    #expect(FrameDecoder.preface == vectors.preface.bytes)
    for vector in vectors.messages {
      let bytes = vector.message.bytes
      #expect(FrameDecoder.frame(bytes) == vector.frame.bytes)
      let decoded = try #require(try MessageCodec.decode(bytes, limits: SyncLimits()))
      #expect(MessageCodec.encode(decoded) == bytes, "\(vector.description)")
      switch decoded {
      case .hello(let hello): #expect(vector.fields.describe(hello), "\(vector.description)")
      case .welcome(let welcome): #expect(vector.fields.describe(welcome), "\(vector.description)")
      case .birth, .frontierDigests, .frontierHeads, .pack, .acknowledgement, .sent, .done,
        .failure, .stay:
        #expect(MessageCodec.encode(try vector.value()) == bytes, "\(vector.description)")
      }
    }
  }

  @Test func `messages that must be refused`() throws {
    #expect(!vectors.refusedMessages.isEmpty)
    for vector in vectors.refusedMessages {
      let code = try #require(PeerFailure.Code(rawValue: vector.failure))
      let failure = #expect(throws: PeerFailure.self, "\(vector.description)") {
        try MessageCodec.decode(vector.message.bytes, limits: SyncLimits())
      }
      #expect(failure?.code == code, "\(vector.description)")
    }
  }

  @Test func `streams that must be refused`() throws {
    #expect(!vectors.refusedStreams.isEmpty)
    for vector in vectors.refusedStreams {
      let code = try #require(PeerFailure.Code(rawValue: vector.failure))
      var decoder = FrameDecoder(byteLimit: vector.frameByteLimit)
      decoder.append(vector.stream.bytes)
      let failure = #expect(throws: PeerFailure.self, "\(vector.description)") {
        while try decoder.next() != nil {}
      }
      #expect(failure?.code == code, "\(vector.description)")
    }
  }
}

import CRDT
import ChangeLog
import SyncProtocol

/// A side of a session in tests: its store, and what is said and seen there.
enum Side: UInt8 {
  case dialler = 1
  case answerer = 2

  var store: StoreID {
    guard let store = StoreID([UInt8](repeating: rawValue, count: StoreID.byteCount)) else {
      preconditionFailure("16 bytes are a store id")
    }
    return store
  }

  func cursor(_ position: UInt64) -> Cursor {
    Cursor(store: store, position: position, check: [UInt8](repeating: rawValue, count: 8))
  }

  /// The log here, `end` changes long.
  func view(
    end: UInt64,
    frontier: Frontier = .test(1),
    genesis: Genesis? = .test,
    known: Cursor? = nil,
    isPeerCursorValid: Bool = false,
    ownLane: StoreView.OwnLane? = nil,
    suspects: Set<LaneID> = []
  ) -> StoreView {
    StoreView(
      genesis: genesis,
      end: cursor(end),
      frontier: frontier.digest,
      known: known,
      isPeerCursorValid: isPeerCursorValid,
      peerLane: nil,
      ownLane: ownLane,
      suspects: suspects
    )
  }

  var emptyView: StoreView { view(end: 0, frontier: Frontier(), genesis: nil) }
}

extension Genesis {
  static let test = named("desk")
  static let other = named("elsewhere")

  private static func named(_ name: String) -> Genesis {
    guard let key = PublicKey([UInt8](repeating: 7, count: 32)),
      let genesis = try? Genesis(creator: key, salt: [UInt8](repeating: 7, count: 16), name: name)
    else { preconditionFailure("a genesis record of 16 bytes of salt") }
    return genesis
  }
}

extension LaneID {
  static func test(_ number: UInt8) -> LaneID {
    guard let lane = LaneID([UInt8](repeating: number, count: byteCount)) else {
      preconditionFailure("16 bytes are a lane id")
    }
    return lane
  }
}

extension LaneHead {
  static func test(_ seq: UInt64) -> LaneHead {
    LaneHead(seq: seq, hash: Hash(of: seq.bigEndianBytes))
  }
}

extension Frontier {
  /// One lane of that many changes.
  static func test(_ seq: UInt64) -> Frontier { Frontier([.test(1): .test(seq)]) }
}

extension ClaimedFrontier {
  /// One lane of that many changes.
  static func test(_ seq: UInt64) -> ClaimedFrontier {
    Frontier.test(seq).claims(differingFrom: [:])
  }
}

extension PackDelivery {
  /// A pack that ends at a position.
  static func test(_ position: UInt64, byteCount: Int = 10) -> PackDelivery {
    PackDelivery(
      pack: [UInt8](repeating: 0, count: byteCount),
      position: position,
      check: [UInt8](repeating: 0, count: 8)
    )
  }
}

extension PackBatch {
  /// Packs that end at these positions; everything up to the last one was read.
  static func test(_ positions: UInt64..., upTo position: UInt64) -> PackBatch {
    PackBatch(
      packs: positions.map { .test($0) },
      position: position,
      changeCount: positions.count
    )
  }
}

extension SyncMessage {
  /// A message as it comes off the line.
  static func decoded(_ wire: WireMessage) -> SyncMessage {
    guard let message = try? MessageCodec.decode(wire.encoded, limits: SyncLimits()) else {
      preconditionFailure("a message that can be read")
    }
    return message
  }

  static func hello(
    version: UInt32 = 1,
    archive: ArchiveID? = Genesis.test.archive,
    end: UInt64,
    known: Cursor? = nil,
    frontier: Frontier = .test(1),
    isLive: Bool = false
  ) -> SyncMessage {
    var wire = WireMessage()
    wire.hello.versions = [version]
    if let archive { wire.hello.archive = archive.bytes.data }
    wire.hello.name = "desk"
    wire.hello.time = 1000
    wire.hello.end = Side.dialler.cursor(end).wire
    if let known { wire.hello.known = known.wire }
    wire.hello.frontier = frontier.digest.bytes.data
    wire.hello.live = isLive
    return decoded(wire)
  }

  static func welcome(
    version: UInt32 = 1,
    archive: ArchiveID? = Genesis.test.archive,
    end: UInt64,
    known: Cursor? = nil,
    frontier: Frontier = .test(1),
    isStreaming: Bool = false,
    isLive: Bool = false
  ) -> SyncMessage {
    var wire = WireMessage()
    wire.welcome.version = version
    if let archive { wire.welcome.archive = archive.bytes.data }
    wire.welcome.time = 5000
    wire.welcome.end = Side.answerer.cursor(end).wire
    if let known { wire.welcome.known = known.wire }
    wire.welcome.frontier = frontier.digest.bytes.data
    wire.welcome.streaming = isStreaming
    wire.welcome.live = isLive
    return decoded(wire)
  }
}

extension Cursor {
  fileprivate var wire: WireCursor {
    var wire = WireCursor()
    wire.store = store.bytes.data
    wire.position = position
    wire.check = check.data
    return wire
  }
}

extension SyncSession {
  static func dialling(
    archive: ArchiveID? = Genesis.test.archive,
    limits: SyncLimits = SyncLimits(),
    isLive: Bool = false
  )
    -> SyncSession
  {
    .dialling(
      DialRequest(
        archive: archive.map { .id($0, name: "desk") } ?? .name("desk"),
        limits: limits,
        isLive: isLive
      )
    )
  }
}

package import CRDT
package import ChangeLog

/// What two peers say to each other.
///
/// Rules: `Protocol/session.md`.
package enum SyncMessage: Sendable {
  case hello(Hello)
  case welcome(Welcome)
  case birth(genesis: [UInt8])
  case frontierDigests([UInt8: [UInt8]])
  case frontierHeads(ClaimedFrontier)
  case pack(PackDelivery)
  /// The sender's packs up to this position are durable.
  case acknowledgement(position: UInt64)
  case sent(end: Cursor)
  case done(end: Cursor, frontier: Hash)
  case failure(PeerFailure)
  /// The dialler stays connected, or asks whether the answerer is still there; the answerer answers.
  case stay

  /// Bytes of the pack that the message carries.
  var packByteCount: Int {
    if case .pack(let delivery) = self { delivery.pack.count } else { 0 }
  }
}

/// The dialler's first message.
package struct Hello: Sendable {
  package var versions: [UInt32]
  package var codecs: [UInt32]
  package var archive: RequestedArchive
  /// ms since 1970-01-01 UTC.
  package var time: Int64
  package var end: Cursor
  package var known: Cursor?
  package var frontier: Hash
  package var lane: LaneID?
  /// Whether the dialler would stay when both sides are equal.
  package var isLive: Bool

  package init(
    versions: [UInt32],
    codecs: [UInt32],
    archive: RequestedArchive,
    time: Int64,
    end: Cursor,
    known: Cursor?,
    frontier: Hash,
    lane: LaneID?,
    isLive: Bool = false
  ) {
    self.versions = versions
    self.codecs = codecs
    self.archive = archive
    self.time = time
    self.end = end
    self.known = known
    self.frontier = frontier
    self.lane = lane
    self.isLive = isLive
  }
}

/// Which archive a session is about.
package enum RequestedArchive: Sendable {
  case id(ArchiveID, name: String)
  case name(String)

  package var name: String {
    switch self {
    case .id(_, let name), .name(let name): name
    }
  }
}

/// The answerer's first message.
package struct Welcome: Sendable {
  package var version: UInt32
  package var codecs: [UInt32]
  /// `nil` while the answerer's archive is empty.
  package var archive: ArchiveID?
  package var time: Int64
  package var end: Cursor
  package var known: Cursor?
  package var frontier: Hash
  /// What the answerer holds of the dialler's lane.
  package var lane: ClaimedHead?
  package var isStreaming: Bool
  /// Whether the answerer takes the dialler's wish to stay.
  package var isLive: Bool

  package init(
    version: UInt32,
    codecs: [UInt32],
    archive: ArchiveID?,
    time: Int64,
    end: Cursor,
    known: Cursor?,
    frontier: Hash,
    lane: ClaimedHead?,
    isStreaming: Bool,
    isLive: Bool = false
  ) {
    self.version = version
    self.codecs = codecs
    self.archive = archive
    self.time = time
    self.end = end
    self.known = known
    self.frontier = frontier
    self.lane = lane
    self.isStreaming = isStreaming
    self.isLive = isLive
  }
}

/// A pack on its way, with the sender's cursor after it.
package struct PackDelivery: Sendable {
  package let pack: [UInt8]
  package let position: UInt64
  package let check: [UInt8]
  /// The frame of the message, where the same goes to many; else it is made for each.
  package private(set) var frame: [UInt8]?

  package init(pack: [UInt8], position: UInt64, check: [UInt8]) {
    self.pack = pack
    self.position = position
    self.check = check
  }

  /// What the pack takes when it is opened, as it says itself; bytes that are no pack count as they are.
  ///
  /// An opened pack has no more than it said: one that lies is refused when it is opened.
  package var plainByteCount: Int { Pack.declaredPlainByteCount(of: pack) ?? pack.count }

  /// The same with its frame made.
  package var framed: PackDelivery {
    var framed = self
    framed.frame = FrameDecoder.frame(MessageCodec.encode(.pack(self)))
    return framed
  }
}

/// An error as it is said to the peer.
package struct PeerFailure: Error, Hashable, Sendable {
  /// The numbers stand on the wire; an unknown one counts as `internal`.
  package enum Code: UInt32, Sendable {
    case `internal` = 1
    case protocolViolation = 2
    case versionMismatch = 3
    case unknownArchive = 4
    case wrongArchive = 5
    case notPermitted = 6
    case damaged = 7
    case gap = 8
    case fork = 9
    case storage = 10
    case shuttingDown = 11
    case tooLarge = 12
  }

  /// What cannot go on.
  package enum Scope: UInt32, Sendable {
    case connection = 1
    case archive = 2
    case pack = 3
  }

  package let code: Code
  package let message: String
  package let isRetryable: Bool
  /// ms.
  package let retryAfter: UInt64
  package let scope: Scope

  package init(
    _ code: Code,
    _ message: String,
    isRetryable: Bool = false,
    retryAfter: UInt64 = 0,
    scope: Scope = .connection
  ) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.scope = scope
  }

  /// What a refused pack is called on the wire.
  package init(_ failure: LogFailure) {
    let code: Code =
      switch failure {
      case .malformed: .protocolViolation
      case .unsupported: .versionMismatch
      case .damaged: .damaged
      case .tooLarge: .tooLarge
      case .gap: .gap
      case .fork: .fork
      }
    self.init(code, failure.description, scope: .archive)
  }
}

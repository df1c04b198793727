internal import CRDT
internal import ChangeLog
internal import SwiftProtobuf

/// The bytes of messages: `Protocol/session.proto`.
package enum MessageCodec {
  /// A message's bytes, without the frame around them.
  package static func encode(_ message: SyncMessage) -> [UInt8] {
    var wire = WireMessage()
    switch message {
    case .hello(let hello): wire.hello = hello.wire
    case .welcome(let welcome): wire.welcome = welcome.wire
    case .birth(let genesis): wire.birth.genesis = genesis.data
    case .frontierDigests(let digests):
      wire.frontierDigests.buckets = digests.sorted { $0.key < $1.key }.map { number, digest in
        var bucket = WireFrontierDigests.Bucket()
        bucket.number = UInt32(number)
        bucket.digest = digest.data
        return bucket
      }
    case .frontierHeads(let frontier):
      wire.frontierHeads.buckets = frontier.buckets.sorted().map(UInt32.init)
      wire.frontierHeads.heads = frontier.heads.sorted { $0.key < $1.key }.map { lane, head in
        var wire = WireFrontierHeads.Head()
        wire.lane = lane.bytes.data
        wire.seq = head.seq
        wire.hash = head.hashPrefix.data
        return wire
      }
    case .pack(let delivery):
      wire.pack.pack = delivery.pack.data
      wire.pack.position = delivery.position
      wire.pack.check = delivery.check.data
    case .acknowledgement(let position): wire.acknowledgement.position = position
    case .sent(let end): wire.sent.end = end.wire
    case .done(let end, let frontier):
      wire.done.end = end.wire
      wire.done.frontier = frontier.bytes.data
    case .failure(let failure):
      wire.failure.code = failure.code.rawValue
      wire.failure.message = failure.message
      wire.failure.retryable = failure.isRetryable
      wire.failure.retryAfter = failure.retryAfter
      wire.failure.covers = failure.scope.rawValue
    case .stay: wire.stay = WireStay()
    }
    return wire.encoded
  }

  /// Reads a message that came from a peer.
  ///
  /// - Returns: `nil` for a kind that a newer peer may send and this one passes over.
  /// - Throws: ``PeerFailure`` of code `protocolViolation`.
  package static func decode(
    _ bytes: [UInt8],
    limits: SyncLimits
  ) throws(PeerFailure) -> SyncMessage? {
    guard let bucketCount = bytes.fieldCount(4, 1), let headCount = bytes.fieldCount(5, 2) else {
      throw violation("a message")
    }
    guard bucketCount <= 256, headCount <= limits.headCountLimit else {
      throw violation("a frontier's size")
    }
    guard let wire = try? WireMessage(serializedBytes: bytes) else { throw violation("a message") }
    switch wire.kind {
    case .hello(let wire): return .hello(try Hello(wire))
    case .welcome(let wire): return .welcome(try Welcome(wire))
    case .birth(let wire): return .birth(genesis: Array(wire.genesis))
    case .frontierDigests(let wire): return .frontierDigests(try digests(wire))
    case .frontierHeads(let wire): return .frontierHeads(try heads(wire, limits: limits))
    case .pack(let wire):
      guard wire.position <= UInt64(Int64.max), wire.check.count == Hash.prefixByteCount else {
        throw violation("a pack's envelope")
      }
      return .pack(
        PackDelivery(pack: Array(wire.pack), position: wire.position, check: Array(wire.check))
      )
    case .acknowledgement(let wire): return .acknowledgement(position: wire.position)
    case .sent(let wire):
      guard let end = Cursor(wire.end) else { throw violation("a cursor") }
      return .sent(end: end)
    case .done(let wire):
      guard let end = Cursor(wire.end), let frontier = Hash(wire.frontier) else {
        throw violation("a cursor")
      }
      return .done(end: end, frontier: frontier)
    case .failure(let wire):
      return .failure(
        PeerFailure(
          PeerFailure.Code(rawValue: wire.code) ?? .internal,
          harmless(wire.message),
          isRetryable: wire.retryable,
          retryAfter: wire.retryAfter,
          scope: PeerFailure.Scope(rawValue: wire.covers) ?? .connection
        )
      )
    case .stay: return .stay
    case nil: return nil
    }
  }

  /// A peer's words as they may stand in a log line or on a terminal: no line breaks, no escape
  /// sequences, no characters that turn the direction of writing, and not too many.
  private static func harmless(_ text: String) -> String {
    var view = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(500) {
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x200B..<0x2010, 0x2028..<0x202F, 0x2066..<0x206A:
        view.append(" ")
      default: view.append(scalar)
      }
    }
    return String(view)
  }

  private static func digests(_ wire: WireFrontierDigests) throws(PeerFailure) -> [UInt8: [UInt8]] {
    var digests: [UInt8: [UInt8]] = [:]
    for bucket in wire.buckets {
      guard let number = UInt8(exactly: bucket.number), digests[number] == nil,
        bucket.digest.count == Hash.prefixByteCount
      else { throw violation("a frontier digest") }
      digests[number] = Array(bucket.digest)
    }
    return digests
  }

  private static func heads(
    _ wire: WireFrontierHeads,
    limits: SyncLimits
  ) throws(PeerFailure)
    -> ClaimedFrontier
  {
    guard wire.buckets.count <= 256 else {
      throw violation("a frontier's size")
    }
    let buckets = Set(wire.buckets.compactMap { UInt8(exactly: $0) })
    guard buckets.count == wire.buckets.count else { throw violation("a frontier's bucket") }
    var heads: [LaneID: ClaimedHead] = [:]
    for head in wire.heads {
      guard let lane = LaneID(head.lane), heads[lane] == nil,
        buckets.contains(lane.bucket), head.seq > 0,
        head.seq <= UInt64(Int64.max), head.hash.count == Hash.prefixByteCount
      else { throw violation("a frontier head") }
      heads[lane] = ClaimedHead(seq: head.seq, hashPrefix: Array(head.hash))
    }
    return ClaimedFrontier(buckets: buckets, heads: heads)
  }

  fileprivate static func violation(_ what: String) -> PeerFailure {
    PeerFailure(.protocolViolation, "\(what) is not in the format")
  }
}

extension Cursor {
  fileprivate init?(_ wire: WireCursor) {
    guard let store = StoreID(wire.store), wire.position <= UInt64(Int64.max),
      wire.check.count == Hash.prefixByteCount
    else { return nil }
    self.init(store: store, position: wire.position, check: Array(wire.check))
  }

  fileprivate var wire: WireCursor {
    var wire = WireCursor()
    wire.store = store.bytes.data
    wire.position = position
    wire.check = check.data
    return wire
  }
}

extension Hello {
  fileprivate init(_ wire: WireHello) throws(PeerFailure) {
    guard let end = Cursor(wire.end), let frontier = Hash(wire.frontier),
      Genesis.isAcceptable(name: wire.name), wire.versions.count <= 16, wire.codecs.count <= 16,
      wire.time.magnitude <= FormatLimits.timeLimit.magnitude,
      wire.archive.isEmpty || ArchiveID(wire.archive) != nil
    else { throw MessageCodec.violation("hello") }
    versions = wire.versions
    codecs = wire.codecs
    archive = ArchiveID(wire.archive).map { .id($0, name: wire.name) } ?? .name(wire.name)
    time = wire.time
    self.end = end
    known = wire.hasKnown ? Cursor(wire.known) : nil
    self.frontier = frontier
    lane = LaneID(wire.lane)
    isLive = wire.live
  }

  fileprivate var wire: WireHello {
    var wire = WireHello()
    wire.versions = versions
    wire.codecs = codecs
    if case .id(let id, _) = archive { wire.archive = id.bytes.data }
    wire.name = archive.name
    wire.time = time
    wire.end = end.wire
    if let known { wire.known = known.wire }
    wire.frontier = frontier.bytes.data
    if let lane { wire.lane = lane.bytes.data }
    wire.live = isLive
    return wire
  }
}

extension Welcome {
  fileprivate init(_ wire: WireWelcome) throws(PeerFailure) {
    guard let end = Cursor(wire.end), let frontier = Hash(wire.frontier), wire.codecs.count <= 16,
      wire.time.magnitude <= FormatLimits.timeLimit.magnitude,
      wire.archive.isEmpty || ArchiveID(wire.archive) != nil
    else { throw MessageCodec.violation("welcome") }
    version = wire.version
    codecs = wire.codecs
    archive = ArchiveID(wire.archive)
    time = wire.time
    self.end = end
    known = wire.hasKnown ? Cursor(wire.known) : nil
    self.frontier = frontier
    lane =
      wire.laneSeq == 0 || wire.laneHash.count != Hash.prefixByteCount
      ? nil : ClaimedHead(seq: wire.laneSeq, hashPrefix: Array(wire.laneHash))
    isStreaming = wire.streaming
    isLive = wire.live
  }

  fileprivate var wire: WireWelcome {
    var wire = WireWelcome()
    wire.version = version
    wire.codecs = codecs
    if let archive { wire.archive = archive.bytes.data }
    wire.time = time
    wire.end = end.wire
    if let known { wire.known = known.wire }
    wire.frontier = frontier.bytes.data
    if let lane {
      wire.laneSeq = lane.seq
      wire.laneHash = lane.hashPrefix.data
    }
    wire.streaming = isStreaming
    wire.live = isLive
    return wire
  }
}

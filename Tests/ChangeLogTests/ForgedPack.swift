import CRDT
import ChangeLog

/// A pack put together by hand: whatever a wrong or hostile program might write.
struct ForgedPack {
  var headers = WireHeaderSection()
  var payloads = WirePayloadSection()

  var bytes: [UInt8] {
    Self.bytes(headers: Self.section(headers.encoded), payloads: Self.section(payloads.encoded))
  }

  static func bytes(headers: WireSection, payloads: WireSection) -> [UInt8] {
    var pack = WirePack()
    pack.format = 1
    pack.headers = headers
    pack.payloads = payloads
    return pack.encoded
  }

  static func section(_ raw: [UInt8]) -> WireSection {
    var section = WireSection()
    section.rawSize = UInt32(raw.count)
    section.checksum = Deflate.checksum(raw)
    section.data = raw.data
    return section
  }

  /// Adds a run of a lane, rightly chained and signed.
  ///
  /// - Returns: the lane's head after it.
  @discardableResult
  mutating func append(
    _ changes: [(header: [UInt8], payload: [UInt8])],
    key: PrivateKey,
    after head: LaneHead? = nil
  ) throws -> LaneHead {
    let lane = LaneID(writingKey: key.publicKey)
    let previous = head?.hash ?? .beforeLane(archive: .test, writingKey: key.publicKey)
    let hash = changes.reduce(previous) {
      Hash(of: $0.bytes, Hash(of: $1.header).bytes, Hash(of: $1.payload).bytes)
    }
    let end = LaneHead(seq: (head?.seq ?? 0) + UInt64(changes.count), hash: hash)
    var run = WireHeaderRun()
    run.lane = lane.bytes.data
    if head == nil { run.writingKey = key.publicKey.bytes.data }
    run.firstSeq = (head?.seq ?? 0) + 1
    run.previous = previous.prefix.data
    run.headers = changes.map { $0.header.data }
    run.signature = try key.signature(
      of: .head(archive: .test, lane: lane, seq: end.seq, hash: end.hash)
    ).data
    headers.runs.append(run)
    var payload = WirePayloadRun()
    payload.payloads = changes.map { $0.payload.data }
    payloads.runs.append(payload)
    return end
  }

  mutating func append(_ changes: [Change], key: PrivateKey, after head: LaneHead? = nil) throws {
    try append(
      changes.map { ($0.headerBytes, $0.payloadBytes) },
      key: key,
      after: head
    )
  }

  /// A header that asks for nothing unusual.
  static func header(seq: UInt64, operationCount: Int = 0) -> WireChangeHeader {
    var header = WireChangeHeader()
    header.seq = seq
    header.time = 1
    header.class = 3
    header.action = seq
    header.operationCount = UInt32(operationCount)
    return header
  }

  static func payload(_ operations: [WireOperation] = []) -> WireChangePayload {
    var payload = WireChangePayload()
    payload.salt = [UInt8](repeating: 1, count: 16).data
    payload.objectType = ObjectID.test.type
    payload.object = ObjectID.test.bytes.data
    payload.operations = operations
    return payload
  }
}

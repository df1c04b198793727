package import CRDT

/// A run of one lane's changes inside a pack, as it came: nothing is verified yet.
package struct PackedRun: Sendable {
  package let lane: LaneID
  /// Only in the run that begins with seq 1.
  package let writingKey: PublicKey?
  package let firstSeq: UInt64
  /// The first 8 bytes of the hash before `firstSeq`.
  package let previousPrefix: [UInt8]
  package let headers: [[UInt8]]
  package let payloads: [[UInt8]]
  private let contents: [Hash.Contents]
  /// What the headers say; the failure of the first one that is not in the format.
  private let parsedHeaders: Result<[ChangeHeader], LogFailure>
  package let signature: [UInt8]
  private var verified: Verification?

  /// The changes of a run whose chain and signature hold after a certain hash.
  private struct Verification {
    let archive: ArchiveID
    let key: PublicKey
    let previous: Hash
    let changes: [Change]
  }

  package var lastSeq: UInt64 { firstSeq + UInt64(headers.count) - 1 }

  /// The run's changes, with chain and signature verified.
  ///
  /// - `previous`: the hash before the run.
  /// - `key`: the lane's writing key.
  /// Throws: ``LogFailure``.
  package func changes(
    archive: ArchiveID,
    key: PublicKey,
    previous: Hash
  ) throws(LogFailure)
    -> [Change]
  {
    if let verified, verified.archive == archive, verified.key == key,
      verified.previous == previous
    {
      return verified.changes
    }
    guard previous.prefix == previousPrefix else {
      // Before a lane stands the archive's id, so another hash means another archive.
      if firstSeq == 1 { throw .malformed("run: it was written for another archive") }
      throw .fork(ChangeID(lane: lane, seq: firstSeq - 1))
    }
    var changes: [Change] = []
    changes.reserveCapacity(headers.count)
    var hash = previous
    for (place, header) in try parsedHeaders.get().enumerated() {
      let change = try Change(
        lane: lane,
        header: header,
        headerBytes: headers[place],
        payloadBytes: payloads[place],
        contents: contents[place],
        previous: hash
      )
      guard change.header.seq == firstSeq + UInt64(place) else { throw .malformed("run") }
      hash = change.hash
      changes.append(change)
    }
    let statement = Statement.head(archive: archive, lane: lane, seq: lastSeq, hash: hash)
    guard key.verifies(signature, of: statement) else { throw .damaged("signature of a run") }
    return changes
  }

  /// Verifies the run as if it followed on a hash, so that the work is done when it turns out that it
  /// does; what does not hold is found again then.
  ///
  /// - Returns: whether it holds.
  mutating func verifyAhead(archive: ArchiveID, key: PublicKey, previous: Hash) -> Bool {
    guard let changes = try? changes(archive: archive, key: key, previous: previous) else {
      return false
    }
    verified = Verification(archive: archive, key: key, previous: previous, changes: changes)
    return true
  }
}

extension PackedRun {
  /// The changes' payloads with their headers, read before anybody has verified the run, and as if
  /// nobody's key were forked: they hold for a change that the gate admits into ``lane`` where
  /// ``Change/isOfUnforkedKey``.
  ///
  /// - Returns: nothing where a header is not in the format; a payload is `nil` where it is not.
  package func readPayloads() -> [(header: ChangeHeader, payload: ChangePayload?)] {
    guard case .success(let parsed) = parsedHeaders else { return [] }
    return zip(parsed, payloads).map { header, bytes in
      let origin = ChangeOrigin(lane: lane, header: header, tree: LaneTree())
      return (header, try? ChangePayload(bytes, of: origin))
    }
  }
}

/// Which changes a run holds.
package struct RunSpan: Hashable, Sendable {
  package let lane: LaneID
  package let firstSeq: UInt64
  /// Above 0.
  package let count: Int

  package var lastSeq: UInt64 { firstSeq + UInt64(count) - 1 }
}

/// Runs of changes compressed together.
///
/// Normative: `Protocol/packs.md`.
///
///     Pack ── format, scope
///          ├─ headers:  codec, raw size, CRC-32, data ─▶ runs: lane, key, first seq, previous hash,
///          │                                             headers …, signature
///          └─ payloads: codec, raw size, CRC-32, data ─▶ runs: payloads …
///
/// The bytes on disk are the bytes on the wire and in a file.
package struct Pack: Sendable {
  package private(set) var runs: [PackedRun]

  package var changeCount: Int { runs.reduce(0) { $0 + $1.headers.count } }

  package var spans: [RunSpan] {
    runs.map { RunSpan(lane: $0.lane, firstSeq: $0.firstSeq, count: $0.headers.count) }
  }

  /// Opens a pack from foreign bytes.
  ///
  /// Chain and signatures are verified run by run, later.
  ///
  /// - Throws: ``LogFailure``.
  package init(_ bytes: [UInt8]) throws(LogFailure) {
    guard bytes.count <= FormatLimits.packByteLimit else { throw .tooLarge("pack") }
    guard let wire = try? WirePack(serializedBytes: bytes) else { throw .malformed("pack") }
    guard wire.format == 1, wire.scope == 0 else { throw .unsupported("pack") }
    let headerBytes = try wire.headers.opened()
    let payloadBytes = try wire.payloads.opened()
    let counts = [
      headerBytes.fieldCount(1), payloadBytes.fieldCount(1),
      headerBytes.fieldCount(1, 5), payloadBytes.fieldCount(1, 1),
    ]
    for count in counts {
      guard let count else { throw .malformed("pack") }
      guard count <= FormatLimits.packChangeCountLimit else { throw .tooLarge("pack") }
    }
    guard let headers = try? WireHeaderSection(serializedBytes: headerBytes),
      let payloads = try? WirePayloadSection(serializedBytes: payloadBytes),
      headers.runs.count == payloads.runs.count, !headers.runs.isEmpty
    else { throw .malformed("pack") }
    var runs: [PackedRun] = []
    runs.reserveCapacity(headers.runs.count)
    for (header, payload) in zip(headers.runs, payloads.runs) {
      runs.append(try PackedRun(header, payload))
    }
    self.runs = runs
  }
}

extension Pack {
  /// Verifies runs before a store's lock is held, where it is remembered what they follow on: the gate,
  /// which looks at the log itself, finds the work done where that is still so.
  ///
  /// *Why*: a signature takes 0.12 ms to verify, more than all else that a note costs a hub.
  ///
  /// It ends with the first run that does not hold: the gate would go no further.
  ///
  /// - `heads`: the key and the head of a lane; `nil` where nobody remembers them.
  package mutating func verifyAhead(
    in archive: ArchiveID,
    after heads: (LaneID) -> (key: PublicKey, head: LaneHead)?
  ) {
    for place in runs.indices {
      guard let known = heads(runs[place].lane), known.head.seq + 1 == runs[place].firstSeq
      else { continue }
      guard
        runs[place].verifyAhead(archive: archive, key: known.key, previous: known.head.hash)
      else { return }
    }
  }
}

extension PackedRun {
  fileprivate init(_ header: WireHeaderRun, _ payload: WirePayloadRun) throws(LogFailure) {
    guard let lane = LaneID(header.lane), header.firstSeq > 0,
      header.firstSeq <= UInt64(Int64.max) - UInt64(FormatLimits.packChangeCountLimit),
      header.previous.count == Hash.prefixByteCount, header.signature.count == 64,
      !header.headers.isEmpty, header.headers.count == payload.payloads.count,
      header.headers.count <= FormatLimits.packChangeCountLimit
    else { throw .malformed("run") }
    self.lane = lane
    firstSeq = header.firstSeq
    previousPrefix = Array(header.previous)
    headers = header.headers.map { Array($0) }
    payloads = payload.payloads.map { Array($0) }
    contents = zip(headers, payloads).map { Hash.Contents(headerBytes: $0, payloadBytes: $1) }
    let (headers, payloads) = (headers, payloads)
    parsedHeaders = Result { () throws(LogFailure) in
      var parsed: [ChangeHeader] = []
      parsed.reserveCapacity(headers.count)
      for (header, payload) in zip(headers, payloads) {
        guard header.count + payload.count <= FormatLimits.changeByteLimit else {
          throw .tooLarge("change")
        }
        parsed.append(try ChangeHeader(header, lane: lane))
      }
      return parsed
    }
    signature = Array(header.signature)
    if header.firstSeq == 1 {
      guard let key = PublicKey(header.writingKey), LaneID(writingKey: key) == lane else {
        throw .malformed("run")
      }
      writingKey = key
    } else {
      guard header.writingKey.isEmpty else { throw .malformed("run") }
      writingKey = nil
    }
  }
}

extension Pack {
  /// What a pack's bytes would be without compression, as it says itself: what it declares is
  /// verified when it is opened.
  ///
  /// - Returns: `nil` when these bytes are no pack.
  package static func declaredPlainByteCount(of bytes: [UInt8]) -> Int? {
    // Both are asked often, and the pack may be large.
    var sections: [UInt64: (rawSize: UInt32, dataByteCount: Int)] = [:]
    var areMessages = true
    let isMessage = bytes.forEachField(in: 0..<bytes.count) { field, value in
      guard field == 3 || field == 4, case .contents(let section) = value else { return }
      let isSection = bytes.forEachField(in: section) { inner, value in
        switch (inner, value) {
        case (2, .number(let number)):
          sections[field, default: (0, 0)].rawSize = UInt32(truncatingIfNeeded: number)
        case (4, .contents(let data)): sections[field, default: (0, 0)].dataByteCount = data.count
        default: break
        }
      }
      if !isSection { areMessages = false }
    }
    guard isMessage, areMessages else { return nil }
    return sections.values.reduce(bytes.count) { $0 - $1.dataByteCount + Int($1.rawSize) }
  }
}

/// How a section is compressed.
///
/// The numbers stand in packs and in hello.
package enum Codec: UInt32, Sendable, CaseIterable {
  case none = 0
  case deflate = 1
}

extension WireSection {
  /// The raw bytes.
  func opened() throws(LogFailure) -> [UInt8] {
    guard rawSize <= FormatLimits.sectionByteLimit else { throw .tooLarge("pack section") }
    guard let codec = Codec(rawValue: codec) else { throw .unsupported("pack section") }
    let stored = Array(data)
    guard Deflate.checksum(stored) == checksum else { throw .damaged("pack section") }
    switch codec {
    case .none:
      guard stored.count == rawSize else { throw .damaged("pack section") }
      return stored
    case .deflate:
      return try Deflate.decompress(stored, rawSize: Int(rawSize))
    }
  }

  /// A section, compressed where that pays.
  init(sealing raw: [UInt8], level: Int32) {
    self.init()
    let compressed = Deflate.compress(raw, level: level)
    let codec = compressed.count < raw.count ? Codec.deflate : .none
    let stored = codec == .deflate ? compressed : raw
    self.codec = codec.rawValue
    rawSize = UInt32(raw.count)
    checksum = Deflate.checksum(stored)
    data = stored.data
  }
}

/// A run of one's own changes that waits to be sealed into a pack.
package struct PackDraft: Sendable {
  package private(set) var changes: [Change] = []
  /// Raw bytes of headers and payloads so far.
  package private(set) var byteCount = 0
  private let previous: Hash
  private let writingKey: PublicKey
  private let firstSeq: UInt64

  /// Begins after the writer's present head.
  package init(after writer: LaneWriter) {
    previous = writer.hash
    firstSeq = writer.seq + 1
    writingKey = writer.publicKey
  }

  package mutating func append(_ change: Change) {
    changes.append(change)
    byteCount += change.headerBytes.count + change.payloadBytes.count
  }

  /// Whether another change of a size still belongs into this pack.
  package func hasRoom(for changeByteCount: Int, targetByteCount: Int) -> Bool {
    changes.isEmpty
      || byteCount + changeByteCount <= targetByteCount
        && changes.count < FormatLimits.packChangeCountLimit
  }

  package var span: RunSpan {
    RunSpan(lane: LaneID(writingKey: writingKey), firstSeq: firstSeq, count: changes.count)
  }

  /// The head after the last change of the draft; `nil` while it is empty.
  package var head: LaneHead? {
    changes.last.map { LaneHead(seq: $0.header.seq, hash: $0.hash) }
  }

  /// The pack's bytes: a pure function of the draft, the signature and the level.
  ///
  /// - `signature`: the author's, over ``head``.
  package func sealed(signature: [UInt8], level: Int32) throws -> [UInt8] {
    var headerRun = WireHeaderRun()
    headerRun.lane = LaneID(writingKey: writingKey).bytes.data
    if firstSeq == 1 { headerRun.writingKey = writingKey.data }
    headerRun.firstSeq = firstSeq
    headerRun.previous = previous.prefix.data
    headerRun.headers = changes.map { $0.headerBytes.data }
    headerRun.signature = signature.data
    var headers = WireHeaderSection()
    headers.runs = [headerRun]
    var payloadRun = WirePayloadRun()
    payloadRun.payloads = changes.map { $0.payloadBytes.data }
    var payloads = WirePayloadSection()
    payloads.runs = [payloadRun]
    var pack = WirePack()
    pack.format = 1
    pack.headers = WireSection(sealing: try headers.serializedBytes(), level: level)
    pack.payloads = WireSection(sealing: try payloads.serializedBytes(), level: level)
    return try pack.serializedBytes()
  }
}

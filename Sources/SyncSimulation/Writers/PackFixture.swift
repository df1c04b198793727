package import CRDT
package import ChangeLog

/// A sealed pack, and what is in it.
package struct PackFixture: Sendable {
  package let bytes: [UInt8]
  package let changes: [Change]

  package init(bytes: [UInt8], changes: [Change]) {
    self.bytes = bytes
    self.changes = changes
  }

  /// Stands for the pack's bytes where packs are compared, so that a failure can be read.
  package var name: String { Hash(of: bytes).prefix.hex }

  /// The newest change.
  package var last: ChangeID { changes[changes.count - 1].id }

  /// The lane as the newest change leaves it.
  package var head: LaneHead {
    LaneHead(seq: last.seq, hash: changes[changes.count - 1].hash)
  }

  package func hash(of change: ChangeID) -> Hash? {
    changes.first { $0.id == change }?.hash
  }

  /// The pack as if its lane had another name, with the signature that it has.
  ///
  /// - Throws: ``LogFailure`` when it is no pack.
  package func naming(_ lane: LaneID) throws -> PackFixture {
    let runs = try Pack(bytes).runs
    return PackFixture(
      bytes: Self.encoded(runs, as: lane),
      changes: changes.map {
        $0.placed(in: lane, tree: LaneTree(), dependencies: $0.header.dependencies)
      }
    )
  }

  /// One pack with the runs of several, in that order, as joining neighbours makes it.
  ///
  /// - Throws: ``LogFailure`` when one of them is not a pack.
  package static func joining(_ packs: [PackFixture]) throws -> PackFixture {
    let runs = try packs.flatMap { try Pack($0.bytes).runs }
    return PackFixture(bytes: encoded(runs), changes: packs.flatMap(\.changes))
  }

  /// - `lane`: the name that all runs are given; `nil`: each has its own.
  private static func encoded(_ runs: [PackedRun], as lane: LaneID? = nil) -> [UInt8] {
    var headers = WireHeaderSection()
    headers.runs = runs.map { WireHeaderRun(repeating: $0, as: lane ?? $0.lane) }
    var payloads = WirePayloadSection()
    payloads.runs = runs.map { run in
      var wire = WirePayloadRun()
      wire.payloads = run.payloads.map(\.data)
      return wire
    }
    var wire = WirePack()
    wire.format = 1
    wire.headers = WireSection(uncompressed: headers.encoded)
    wire.payloads = WireSection(uncompressed: payloads.encoded)
    return wire.encoded
  }
}

extension WireHeaderRun {
  fileprivate init(repeating run: PackedRun, as lane: LaneID) {
    self.init()
    self.lane = lane.bytes.data
    if let key = run.writingKey { writingKey = key.bytes.data }
    firstSeq = run.firstSeq
    previous = run.previousPrefix.data
    headers = run.headers.map(\.data)
    signature = run.signature.data
  }
}

extension WireSection {
  fileprivate init(uncompressed bytes: [UInt8]) {
    self.init()
    codec = Codec.none.rawValue
    rawSize = UInt32(bytes.count)
    checksum = Deflate.checksum(bytes)
    data = bytes.data
  }
}

import CRDT
import ChangeLog
import Testing

struct ChangeVectors: Codable {
  struct Operation: Codable {
    var field: UInt32
    var kind: UInt32
    var names: [DotVector]
    var body: Hex
  }

  struct Dependency: Codable {
    var lane: Hex
    var seq: UInt64
    /// Whole; the header carries its first 8 bytes.
    var hash: Hex
  }

  struct Change: Codable {
    var description: String
    var seq: UInt64
    var time: Int64
    var changeClass: UInt32
    var action: UInt64
    var salt: Hex
    var objectType: UInt32
    var object: Hex
    var operations: [Operation]
    var dependencies: [Dependency]
    var header: Hex
    var payload: Hex
    var hash: Hex
  }

  struct Pack: Codable {
    var description: String
    var pack: Hex
    /// Whether a section is compressed: other compressors may give other bytes for the same.
    var isCompressed: Bool
    var signature: Hex
    var lane: Hex
    var firstSeq: UInt64
    var hashes: [Hex]
  }

  struct RefusedPack: Codable {
    var description: String
    var pack: Hex
    var failure: String
  }

  var archive: Hex
  var writingKeySeed: Hex
  var lane: Hex
  var changes: [Change]
  var packs: [Pack]
  var refusedPacks: [RefusedPack]
}

/// The log of the vectors' one lane and nothing else.
private struct VectorLog: LogIndex {
  var key: PublicKey
  var hashes: [ChangeID: Hash]
  var heads: [LaneID: LaneHead] = [:]

  func head(of lane: LaneID) -> LaneHead? { heads[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { heads[lane] == nil ? nil : key }
  func hash(of change: ChangeID) -> Hash? { hashes[change] }
  func laneTree() -> LaneTree { LaneTree() }
}

@Suite struct ChangeVectorTests {
  private let vectors: ChangeVectors
  private let key: PrivateKey
  private let archive: ArchiveID

  init() throws {
    vectors = try VectorFile.load("changes", as: ChangeVectors.self)
    key = try #require(PrivateKey(seed: vectors.writingKeySeed.bytes))
    archive = try #require(ArchiveID(vectors.archive.bytes))
  }

  /// The hashes that the changes' dependencies ask for.
  private func knownHashes() throws -> [ChangeID: Hash] {
    var hashes: [ChangeID: Hash] = [:]
    for dependency in vectors.changes.flatMap(\.dependencies) {
      let lane = try #require(LaneID(dependency.lane.bytes))
      hashes[ChangeID(lane: lane, seq: dependency.seq)] = Hash(dependency.hash.bytes)
    }
    return hashes
  }

  private func draft(_ vector: ChangeVectors.Change) throws -> ChangeDraft {
    ChangeDraft(
      object: try #require(ObjectID(type: vector.objectType, bytes: vector.object.bytes)),
      changeClass: try #require(ChangeHeader.Class(rawValue: vector.changeClass)),
      operations: vector.operations.map {
        Operation(field: $0.field, rawKind: $0.kind, names: $0.names.dots, body: $0.body.bytes)
      },
      time: vector.time,
      action: vector.action
    )
  }

  @Test func `writing gives these headers, payloads and hashes`() throws {
    #expect(!vectors.changes.isEmpty)
    let hashes = try knownHashes()
    var writer = LaneWriter(archive: archive, key: key, head: nil)
    #expect(writer.lane.bytes == vectors.lane.bytes)
    for vector in vectors.changes {
      let change = try writer.write(draft(vector), salt: vector.salt.bytes) {
        try #require(hashes[$0])
      }
      #expect(change.header.seq == vector.seq)
      #expect(change.headerBytes == vector.header.bytes, "\(vector.description)")
      #expect(change.payloadBytes == vector.payload.bytes, "\(vector.description)")
      #expect(change.hash.bytes == vector.hash.bytes, "\(vector.description)")
    }
  }

  @Test func `packs hold these changes`() throws {
    #expect(Set(vectors.packs.map(\.isCompressed)) == [true, false])
    for vector in vectors.packs {
      let admission = try Gate(archive: archive).admit(
        Pack(vector.pack.bytes),
        to: VectorLog(key: key.publicKey, hashes: knownHashes())
      )
      #expect(admission.changes.map(\.hash.bytes) == vector.hashes.map(\.bytes))
      let expected = vectors.changes.prefix(vector.hashes.count)
      for (change, expected) in zip(admission.changes, expected) {
        #expect(change.header.time == expected.time)
        #expect(change.header.changeClass.rawValue == expected.changeClass)
        #expect(change.header.action == expected.action)
        let payload = try ChangePayload(of: change)
        let draft = try draft(expected)
        #expect(payload.object == draft.object)
        #expect(payload.operations == draft.operations)
      }
    }
  }

  @Test func `sealing what does not compress gives these bytes`() throws {
    let hashes = try knownHashes()
    for vector in vectors.packs where !vector.isCompressed {
      var writer = LaneWriter(archive: archive, key: key, head: nil)
      var packed = PackDraft(after: writer)
      for change in vectors.changes.prefix(vector.hashes.count) {
        packed.append(
          try writer.write(draft(change), salt: change.salt.bytes) { try #require(hashes[$0]) }
        )
      }
      let bytes = try packed.sealed(signature: vector.signature.bytes, level: 6)
      #expect(bytes == vector.pack.bytes)
    }
  }

  @Test func `packs that must be refused`() throws {
    #expect(!vectors.refusedPacks.isEmpty)
    let log = VectorLog(key: key.publicKey, hashes: try knownHashes())
    for vector in vectors.refusedPacks {
      do {
        _ = try Gate(archive: archive).admit(Pack(vector.pack.bytes), to: log)
        Issue.record("\(vector.description): taken")
      } catch {
        #expect(name(of: error) == vector.failure, "\(vector.description)")
      }
    }
  }
}

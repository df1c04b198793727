import CRDT
import ChangeLog
import Testing

struct SignatureVectors: Codable {
  struct Head: Codable {
    var archive: Hex
    var lane: Hex
    var seq: UInt64
    var hash: Hex
    var statement: Hex
    var key: Hex
    var signature: Hex
    var isValid: Bool
  }

  struct WritingKey: Codable {
    var archive: Hex
    var writingKey: Hex
    var statement: Hex
    var key: Hex
    var signature: Hex
    var isValid: Bool
  }

  var heads: [Head]
  var writingKeys: [WritingKey]
}

@Suite struct SignatureVectorTests {
  private let vectors: SignatureVectors

  init() throws { vectors = try VectorFile.load("signatures", as: SignatureVectors.self) }

  @Test func `signatures of heads`() throws {
    #expect(Set(vectors.heads.map(\.isValid)) == [true, false])
    for vector in vectors.heads {
      let statement = Statement.head(
        archive: try #require(ArchiveID(vector.archive.bytes)),
        lane: try #require(LaneID(vector.lane.bytes)),
        seq: vector.seq,
        hash: try #require(Hash(vector.hash.bytes))
      )
      #expect(statement.bytes == vector.statement.bytes)
      let key = try #require(PublicKey(vector.key.bytes))
      #expect(key.verifies(vector.signature.bytes, of: statement) == vector.isValid)
    }
  }

  @Test func `signatures of writing keys`() throws {
    #expect(Set(vectors.writingKeys.map(\.isValid)) == [true, false])
    for vector in vectors.writingKeys {
      let statement = Statement.writingKey(
        archive: try #require(ArchiveID(vector.archive.bytes)),
        key: try #require(PublicKey(vector.writingKey.bytes))
      )
      #expect(statement.bytes == vector.statement.bytes)
      let key = try #require(PublicKey(vector.key.bytes))
      #expect(key.verifies(vector.signature.bytes, of: statement) == vector.isValid)
    }
  }
}

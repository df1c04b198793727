import CRDT
import ChangeLog
import Testing

struct IdentifierVectors: Codable {
  struct Archive: Codable {
    var creator: Hex
    var salt: Hex
    var name: String
    var genesis: Hex
    var archive: Hex
  }

  struct WritingKey: Codable {
    var seed: Hex
    var writingKey: Hex
    var lane: Hex
    var archive: Hex
    /// hash(0) of the lane in that archive.
    var hashBeforeLane: Hex
  }

  struct Branch: Codable {
    var writingKey: Hex
    /// The hash of its first change.
    var first: Hex
    var lane: Hex
  }

  struct Member: Codable {
    var seed: Hex
    var memberKey: Hex
    var profile: Hex
  }

  var archives: [Archive]
  var writingKeys: [WritingKey]
  var branches: [Branch]
  var members: [Member]
}

@Suite struct IdentifierVectorTests {
  private let vectors: IdentifierVectors

  init() throws { vectors = try VectorFile.load("identifiers", as: IdentifierVectors.self) }

  @Test func `genesis records and archive ids`() throws {
    #expect(!vectors.archives.isEmpty)
    for vector in vectors.archives {
      let creator = try #require(PublicKey(vector.creator.bytes))
      let genesis = try Genesis(creator: creator, salt: vector.salt.bytes, name: vector.name)
      #expect(genesis.bytes == vector.genesis.bytes)
      let read = try Genesis(vector.genesis.bytes)
      #expect(read.archive.bytes == vector.archive.bytes)
      #expect(read.creator == creator)
      #expect(Array(read.name.utf8) == Array(vector.name.utf8))
    }
  }

  @Test func `lanes of branches`() throws {
    #expect(!vectors.branches.isEmpty)
    for vector in vectors.branches {
      let key = try #require(PublicKey(vector.writingKey.bytes))
      let first = try #require(Hash(vector.first.bytes))
      #expect(LaneID(branchOf: key, first: first).bytes == vector.lane.bytes)
    }
  }

  @Test func `writing keys, lane ids and the hash before a lane`() throws {
    #expect(!vectors.writingKeys.isEmpty)
    for vector in vectors.writingKeys {
      let key = try #require(PrivateKey(seed: vector.seed.bytes)).publicKey
      let archive = try #require(ArchiveID(vector.archive.bytes))
      #expect(key.bytes == vector.writingKey.bytes)
      #expect(LaneID(writingKey: key).bytes == vector.lane.bytes)
      #expect(
        Hash.beforeLane(archive: archive, writingKey: key).bytes == vector.hashBeforeLane.bytes
      )
    }
  }

  @Test func `members' profiles`() throws {
    #expect(!vectors.members.isEmpty)
    for vector in vectors.members {
      let key = try #require(PrivateKey(seed: vector.seed.bytes)).publicKey
      #expect(key.bytes == vector.memberKey.bytes)
      #expect(ObjectID.profile(of: key) == ObjectID(type: 4, bytes: vector.profile.bytes))
    }
  }
}

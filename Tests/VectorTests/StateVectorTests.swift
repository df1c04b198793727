import ArchiveModel
import CRDT
import ChangeLog
import Testing

struct StateVectors: Codable {
  struct Entry: Codable {
    var field: UInt32
    var kind: UInt8
    var dot: DotVector
    var time: Int64
    var value: Hex
  }

  struct Deletion: Codable {
    var dot: DotVector
    var covers: [DotVector]
  }

  struct Text: Codable {
    var field: UInt32
    var version: Hex
    var heads: [DotVector]
    var content: String
  }

  struct Object: Codable {
    var description: String
    var type: UInt32
    var object: Hex
    var entries: [Entry]
    var deletions: [Deletion]
    var texts: [Text]
    var bucket: Int
    var isLive: Bool
    var digest: Hex
  }

  struct Bucket: Codable {
    var number: Int
    var objects: [Hex]
    var digest: Hex
  }

  var objects: [Object]
  var buckets: [Bucket]
  var digest: String
}

@Suite struct StateVectorTests {
  private let vectors: StateVectors

  init() throws { vectors = try VectorFile.load("states", as: StateVectors.self) }

  @Test func `digests of objects`() throws {
    #expect(!vectors.objects.isEmpty)
    for vector in vectors.objects {
      let object = try #require(ObjectID(type: vector.type, bytes: vector.object.bytes))
      let state = ObjectState(
        entries: try vector.entries.map {
          Entry(
            field: $0.field,
            dot: try #require($0.dot.dot),
            kind: try #require(Entry.Kind(rawValue: $0.kind)),
            time: $0.time,
            value: $0.value.bytes
          )
        },
        deletions: try vector.deletions.map {
          Deletion(dot: try #require($0.dot.dot), covers: $0.covers.dots)
        },
        texts: vector.texts.map {
          TextState(
            id: TextID(field: $0.field, version: $0.version.bytes),
            heads: $0.heads.dots,
            content: $0.content,
            isBranched: false,
            weight: 1
          )
        }
      )
      #expect(StateDigest.bucket(of: object) == vector.bucket)
      #expect(state.isLive == vector.isLive, "\(vector.description)")
      #expect(
        StateDigest.digest(of: object, in: state).bytes == vector.digest.bytes,
        "\(vector.description)"
      )
    }
  }

  @Test func `digests of buckets and of the archive`() throws {
    #expect(!vectors.buckets.isEmpty)
    var buckets: [(number: Int, digest: Hash)] = []
    for vector in vectors.buckets {
      let digest = StateDigest.digest(
        ofBucket: try vector.objects.map { try #require(Hash($0.bytes)) }
      )
      #expect(digest.bytes == vector.digest.bytes)
      buckets.append((vector.number, digest))
    }
    let digest = StateDigest.digest(ofBuckets: buckets)
    #expect(StateDigest.description(of: digest) == vectors.digest)
  }
}

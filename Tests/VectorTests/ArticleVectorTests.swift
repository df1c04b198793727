import ArchiveModel
import CRDT
import ChangeLog
import Testing

struct ArticleVectors: Codable {
  struct SourceIdentity: Codable {
    var source: String
    var sourceID: String
    /// The source as it enters the hash.
    var sourceKey: String
    var article: Hex

    enum CodingKeys: String, CodingKey {
      case source
      case sourceID = "sourceId"
      case sourceKey, article
    }
  }

  struct URLIdentity: Codable {
    var url: String
    var canonical: String
    var article: Hex
  }

  struct TextIdentity: Codable {
    var headline: String
    var body: String
    var article: Hex
  }

  struct Version: Codable {
    var description: String
    var fields: [String: String]
    var tags: [String]
    var record: Hex
    var name: Hex
  }

  var bySourceID: [SourceIdentity]
  var byURL: [URLIdentity]
  var byText: [TextIdentity]
  var versions: [Version]

  enum CodingKeys: String, CodingKey {
    case bySourceID = "bySourceId"
    case byURL = "byUrl"
    case byText, versions
  }
}

@Suite struct ArticleVectorTests {
  private let vectors: ArticleVectors

  init() throws { vectors = try VectorFile.load("articles", as: ArticleVectors.self) }

  /// The rule written down once more: tag, then every part after its length in 4 bytes.
  private func identity(_ tag: String, _ parts: [String]) -> [UInt8] {
    let bytes = parts.flatMap { UInt32($0.utf8.count).bigEndianBytes + Array($0.utf8) }
    return Array(Hash(of: Array(tag.utf8), bytes).bytes.prefix(16))
  }

  @Test func `identities by the source's id`() {
    #expect(!vectors.bySourceID.isEmpty)
    for vector in vectors.bySourceID {
      let object = ArticleIdentity.sourceID(source: vector.source, id: vector.sourceID).object
      #expect(object == ObjectID(type: 1, bytes: vector.article.bytes), "\(vector.source)")
      #expect(
        identity("stet/1 article by source id", [vector.sourceKey, vector.sourceID])
          == vector.article.bytes
      )
    }
  }

  @Test func `identities by address`() {
    #expect(!vectors.byURL.isEmpty)
    for vector in vectors.byURL {
      let object = ArticleIdentity.url(vector.url).object
      #expect(object == ObjectID(type: 1, bytes: vector.article.bytes), "\(vector.url)")
      #expect(identity("stet/1 article by url", [vector.canonical]) == vector.article.bytes)
    }
  }

  @Test func `identities by text`() {
    #expect(!vectors.byText.isEmpty)
    for vector in vectors.byText {
      let object = ArticleIdentity.text(headline: vector.headline, body: vector.body).object
      #expect(object == ObjectID(type: 1, bytes: vector.article.bytes), "\(vector.headline)")
      #expect(
        identity("stet/1 article by text", [vector.headline, vector.body]) == vector.article.bytes
      )
    }
  }

  private static let fields: [String: any WritableKeyPath<ArticleVersion, String> & Sendable] = [
    "source": \.source, "source_id": \.sourceID, "url": \.url, "language": \.language,
    "headline": \.headline, "byline": \.byline, "section": \.section, "body": \.body,
    "published": \.published, "published_raw": \.publishedRaw, "modified": \.modified,
    "modified_raw": \.modifiedRaw,
  ]

  @Test func `records and names of versions`() throws {
    #expect(!vectors.versions.isEmpty)
    for vector in vectors.versions {
      var version = ArticleVersion()
      for (name, value) in vector.fields {
        version[keyPath: try #require(Self.fields[name])] = value
      }
      version.tags = vector.tags
      #expect(version.record == vector.record.bytes, "\(vector.description)")
      #expect(VersionName(ofRecord: vector.record.bytes).bytes == vector.name.bytes)
      let read = try #require(ArticleVersion(record: vector.record.bytes))
      for path in Self.fields.values {
        #expect(Array(read[keyPath: path].utf8) == Array(version[keyPath: path].utf8))
      }
      #expect(read.tags.map { Array($0.utf8) } == vector.tags.map { Array($0.utf8) })
    }
  }
}

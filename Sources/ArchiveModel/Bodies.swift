package import ChangeLog
internal import SwiftProtobuf

/// Names a version: SHA-256 of `"stet/1 version"` and the record's bytes.
package struct VersionName: Hashable, Sendable, Comparable {
  package let hash: Hash

  package init(_ hash: Hash) { self.hash = hash }

  /// The name of a record, whatever is in it.
  package init(ofRecord bytes: [UInt8]) {
    hash = Hash(of: Array("stet/1 version".utf8), bytes)
  }

  package init?(_ bytes: some Collection<UInt8>) {
    guard let hash = Hash(bytes) else { return nil }
    self.hash = hash
  }

  package var bytes: [UInt8] { hash.bytes }

  package static func < (left: Self, right: Self) -> Bool { left.hash < right.hash }
}

extension ArticleVersion {
  /// Reads a record; `nil` when it is none.
  package init?(record: [UInt8]) {
    guard let wire = try? WireVersion(serializedBytes: record) else { return nil }
    self.init()
    source = wire.source
    sourceID = wire.sourceID
    url = wire.url
    language = wire.language
    headline = wire.headline
    byline = wire.byline
    section = wire.section
    body = wire.body
    published = wire.published
    publishedRaw = wire.publishedRaw
    modified = wire.modified
    modifiedRaw = wire.modifiedRaw
    tags = wire.tags
  }

  /// The record's bytes, which its name is the hash of.
  package var record: [UInt8] {
    var wire = WireVersion()
    wire.source = source
    wire.sourceID = sourceID
    wire.url = url
    wire.language = language
    wire.headline = headline
    wire.byline = byline
    wire.section = section
    wire.body = body
    wire.published = published
    wire.publishedRaw = publishedRaw
    wire.modified = modified
    wire.modifiedRaw = modifiedRaw
    wire.tags = tags
    return wire.encoded
  }
}

/// Where and when a version was seen.
package struct Sighting: Sendable {
  package let version: VersionName
  /// SHA-256 of the raw input.
  package let raw: Hash
  /// ms since 1970-01-01 UTC.
  package let fetched: Int64
  /// File name or address.
  package let origin: String

  package init(version: VersionName, raw: Hash, fetched: Int64, origin: String) {
    self.version = version
    self.raw = raw
    self.fetched = fetched
    self.origin = origin
  }

  /// Reads an element of the set; `nil` when it is none.
  package init?(_ body: [UInt8]) {
    guard let wire = try? WireSighting(serializedBytes: body),
      let version = VersionName(wire.version), let raw = Hash(wire.raw)
    else { return nil }
    self.init(version: version, raw: raw, fetched: wire.fetched, origin: wire.origin)
  }

  package var body: [UInt8] {
    var wire = WireSighting()
    wire.version = version.bytes.data
    wire.raw = raw.bytes.data
    wire.fetched = fetched
    wire.origin = origin
    return wire.encoded
  }
}

/// What a register holds: a text, or nothing, which withdraws the correction.
package enum RegisterValue {
  /// Reads a register's body.
  ///
  /// Bytes of another form count as nothing.
  package static func text(_ body: [UInt8]) -> String? {
    guard let wire = try? WireValue(serializedBytes: body), wire.hasText else { return nil }
    return wire.text
  }

  package static func body(_ text: String?) -> [UInt8] {
    var wire = WireValue()
    if let text { wire.text = text }
    return wire.encoded
  }
}

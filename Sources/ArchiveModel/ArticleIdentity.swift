internal import CRDT
package import ChangeLog

/// What an article is recognised by, strongest first.
///
/// Normative, with vectors: `Protocol/merge.md`, identity rules 1.
package enum ArticleIdentity: Sendable {
  /// The source's own id.
  case sourceID(source: String, id: String)
  case url(String)
  /// Headline and body.
  case text(headline: String, body: String)

  /// The strongest identity that a record offers.
  package init(of version: ArticleVersion) {
    // An id without its source says nothing: two sources may use the same.
    if !version.sourceID.isEmpty, !version.source.isEmpty {
      self = .sourceID(source: version.source, id: version.sourceID)
    } else if !version.url.isEmpty {
      self = .url(version.url)
    } else {
      self = .text(headline: version.headline, body: version.body)
    }
  }

  /// The article's id: 16 bytes of SHA-256 over a domain tag and the length-prefixed parts.
  package var object: ObjectID {
    let hash: Hash =
      switch self {
      case .sourceID(let source, let id):
        Self.hash("stet/1 article by source id", [Self.sourceKey(source), id])
      case .url(let url): Self.hash("stet/1 article by url", [Self.canonicalURL(url)])
      case .text(let headline, let body):
        Self.hash("stet/1 article by text", [headline, body])
      }
    guard
      let object = ObjectID(
        type: ObjectType.article.rawValue,
        bytes: hash.bytes.prefix(ObjectID.byteCount)
      )
    else { preconditionFailure("a hash is longer than an object id") }
    return object
  }

  private static func hash(_ tag: String, _ parts: [String]) -> Hash {
    Hash(
      of: Array(tag.utf8),
      parts.flatMap { UInt32($0.utf8.count).bigEndianBytes + Array($0.utf8) }
    )
  }

  /// A source's name with ASCII letters in lower case; other letters stay, because no table of
  /// Unicode decides an identity.
  static func sourceKey(_ source: String) -> String {
    String(decoding: lowerCased(source.utf8), as: UTF8.self)
  }

  /// Without fragment; scheme and host in ASCII lower case, no default port, `/` for an empty path.
  ///
  /// Of what is no `http` or `https` address only the fragment goes. Looks at bytes alone.
  static func canonicalURL(_ url: String) -> String {
    let bytes = Array(url.utf8.prefix { $0 != UInt8(ascii: "#") })
    for (scheme, port) in [("http://", ":80"), ("https://", ":443")] {
      guard lowerCased(bytes.prefix(scheme.utf8.count)).elementsEqual(scheme.utf8) else { continue }
      let rest = bytes.dropFirst(scheme.utf8.count)
      let slashOrQuery = "/?".utf8
      let authority = rest.prefix { !slashOrQuery.contains($0) }
      let path = rest.dropFirst(authority.count)
      var host = lowerCased(authority)
      if host.suffix(port.utf8.count).elementsEqual(port.utf8) { host.removeLast(port.utf8.count) }
      let separator = path.first == UInt8(ascii: "/") ? "" : "/"
      return String(decoding: Array(scheme.utf8) + host + separator.utf8 + path, as: UTF8.self)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func lowerCased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { (65...90).contains($0) ? $0 | 32 : $0 }
  }
}

package import CRDT
package import ChangeLog
internal import SwiftProtobuf

/// What an annotation is about: a version of an article, or a passage of it.
///
/// The passage is held twice: by the identity of its first and last scalar, and as a quote with
/// its surroundings (W3C Web Annotation Data Model, 4.2.4 Text Quote Selector).
package struct AnnotationTarget: Sendable {
  package let article: ObjectID
  package let version: VersionName
  package let passage: Passage?

  /// A range of characters of the article's body.
  package struct Passage: Sendable {
    /// The first scalar of the passage.
    package let first: ScalarOrigin
    /// The last scalar of the passage.
    package let last: ScalarOrigin
    package let quote: Quote

    package init(first: ScalarOrigin, last: ScalarOrigin, quote: Quote) {
      self.first = first
      self.last = last
      self.quote = quote
    }
  }

  package init(article: ObjectID, version: VersionName, passage: Passage?) {
    self.article = article
    self.version = version
    self.passage = passage
  }

  /// The operation that writes the target.
  ///
  /// - Parameter versionDot: the operation that brought the version.
  package func operation(versionDot: Dot) -> Operation {
    var names = [versionDot]
    var wire = WireTarget()
    wire.article = article.bytes.data
    wire.version = version.bytes.data
    if let passage {
      wire.start = Self.anchor(passage.first, names: &names)
      wire.end = Self.anchor(passage.last, names: &names)
      wire.exact = passage.quote.exact
      wire.prefix = passage.quote.prefix
      wire.suffix = passage.quote.suffix
    }
    return Operation(
      field: AnnotationField.target.rawValue, kind: .write, names: names, body: wire.encoded)
  }

  /// Reads a target without its anchors, which need the operation's names: article, version, quote.
  package init?(_ body: [UInt8]) {
    guard let wire = try? WireTarget(serializedBytes: body),
      let article = ObjectID(type: ObjectType.article.rawValue, bytes: wire.article),
      let version = VersionName(wire.version)
    else { return nil }
    self.article = article
    self.version = version
    passage =
      wire.exact.isEmpty
      ? nil
      : Passage(
        first: ScalarOrigin(edit: nil, offset: Int(clamping: wire.start.offset)),
        last: ScalarOrigin(edit: nil, offset: Int(clamping: wire.end.offset)),
        quote: Quote(exact: wire.exact, prefix: wire.prefix, suffix: wire.suffix))
  }

  private static func anchor(_ origin: ScalarOrigin, names: inout [Dot]) -> WireAnchor {
    var wire = WireAnchor()
    wire.offset = UInt64(origin.offset)
    if let edit = origin.edit {
      if let place = names.dropFirst().firstIndex(of: edit) {
        wire.edit = UInt32(place)
      } else {
        wire.edit = UInt32(names.count)
        names.append(edit)
      }
    }
    return wire
  }
}

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
  /// The annotation that this one answers.
  package let repliesTo: ObjectID?

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

  package init(
    article: ObjectID,
    version: VersionName,
    passage: Passage?,
    repliesTo: ObjectID? = nil
  ) {
    self.article = article
    self.version = version
    self.passage = passage
    self.repliesTo = repliesTo
  }

  /// The operation that writes the target.
  ///
  /// - `versionDot`: the operation that brought the version.
  /// - `others`: the targets that it takes the place of, and the one of the annotation that it answers.
  package func operation(versionDot: Dot, naming others: [Dot] = []) -> Operation {
    var names = [versionDot] + others
    var wire = WireTarget()
    wire.article = article.bytes.data
    wire.version = version.bytes.data
    if let repliesTo { wire.replyTo = repliesTo.bytes.data }
    if let passage {
      wire.start = passage.first.wire
      wire.end = passage.last.wire
      for edit in [passage.first.edit, passage.last.edit].compactMap(\.self)
      where !names.contains(edit) {
        names.append(edit)
      }
      wire.exact = passage.quote.exact
      wire.prefix = passage.quote.prefix
      wire.suffix = passage.quote.suffix
    }
    return Operation(
      field: AnnotationField.target.rawValue,
      kind: .write,
      names: names,
      body: wire.encoded
    )
  }

  /// Reads a target; `nil` when it is none.
  package init?(_ body: [UInt8]) {
    guard let wire = try? WireTarget(serializedBytes: body),
      let article = ObjectID(type: ObjectType.article.rawValue, bytes: wire.article),
      let version = VersionName(wire.version)
    else { return nil }
    self.article = article
    self.version = version
    repliesTo = ObjectID(type: ObjectType.annotation.rawValue, bytes: wire.replyTo)
    if wire.exact.isEmpty {
      passage = nil
    } else {
      guard let first = ScalarOrigin(wire.start), let last = ScalarOrigin(wire.end) else {
        return nil
      }
      passage = Passage(
        first: first,
        last: last,
        quote: Quote(exact: wire.exact, prefix: wire.prefix, suffix: wire.suffix)
      )
    }
  }
}

extension ScalarOrigin {
  init?(_ wire: WireAnchor) {
    guard let offset = Int(exactly: wire.offset) else { return nil }
    if wire.edit.isEmpty {
      self.init(edit: nil, offset: offset)
    } else {
      guard let edit = Dot(wire.edit) else { return nil }
      self.init(edit: edit, offset: offset)
    }
  }

  var wire: WireAnchor {
    var wire = WireAnchor()
    wire.offset = UInt64(offset)
    if let edit { wire.edit = edit.bytes.data }
    return wire
  }
}

package import CRDT
package import ChangeLog

/// Something of an object that is there, in the log and on every replica, and is not shown.
package enum Omission: Hashable, Sendable {
  /// The edits of a text: they weigh more than a text can hold, so it reads as it was before any
  /// (`Protocol/merge.md`, *Weight*).
  case edits(field: String)
  /// So many tags, beyond what is shown of one article.
  case tags(count: Int)
  /// So many versions: beyond those that are looked at, or of a format that a newer stet reads.
  case versions(count: Int)
  /// Values of a large object beyond those that are looked at (`Protocol/merge.md`, *Large objects*).
  case values

  /// What is not shown of an article.
  ///
  /// - `versions`: the records of its versions that were read.
  package static func all(
    of article: Article,
    in state: ObjectState,
    versions: [VersionName: ArticleVersion]
  ) -> [Omission] {
    var omissions = edits(in: state, of: article.id) { text in
      text.id.version == article.current?.bytes
    }
    let source = article.current.flatMap { versions[$0] }?.tags ?? []
    let tagCount = Article.allTags(of: state, source: source).count - article.tags.count
    if tagCount > 0 { omissions.append(.tags(count: tagCount)) }
    let named = Set(state.entries(of: ArticleField.versions.rawValue).map(\.value))
    let versionCount = named.filter { name in
      VersionName(name).map { versions[$0] == nil } ?? true
    }.count
    if versionCount > 0 { omissions.append(.versions(count: versionCount)) }
    return omissions + values(in: state)
  }

  /// What is not shown of an object that has no versions.
  package static func all(of object: ObjectID, in state: ObjectState) -> [Omission] {
    edits(in: state, of: object) { _ in true } + values(in: state)
  }

  private static func edits(
    in state: ObjectState,
    of object: ObjectID,
    where isShown: (TextState) -> Bool
  ) -> [Omission] {
    state.texts.filter { $0.isOverfull && isShown($0) }.map {
      .edits(field: FieldName.of($0.id.field, type: object.type))
    }
  }

  private static func values(in state: ObjectState) -> [Omission] {
    state.isWhole ? [] : [.values]
  }

  /// What is not shown and why, for people.
  package var sentence: String {
    switch self {
    case .edits(let field):
      "the edits of \(field): they weigh more than \(TextWeight.limit >> 20) MiB together"
    case .tags(let count):
      "\(count) of its tags: all together are more than \(FormatLimits.tagsByteLimit >> 20) MiB"
    case .versions(let count):
      "\(count) of its versions: they are more than are looked at, or need a newer stet"
    case .values: "values beyond those that are looked at: it is too large"
    }
  }
}

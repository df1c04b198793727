internal import ArchiveModel
internal import CRDT
internal import ChangeLog

/// What an operation on an article brings besides its merge.
enum KeptContent {
  case version(VersionName, ArticleVersion)
  /// Of a sighting.
  case rawInput(Hash)

  /// - `merge`: what the operation means, which names a version already.
  /// Returns: `nil` where there is nothing to keep.
  init?(
    of operation: ChangeLog.Operation,
    on object: ObjectID,
    merging merge: MergeOperation,
    knowing known: KnownVersion? = nil
  ) {
    guard object.type == ObjectType.article.rawValue, case .add(_, let element) = merge else {
      return nil
    }
    switch ArticleField(rawValue: operation.field) {
    case .versions:
      guard let name = VersionName(element),
        let version = known?.version(of: operation.body) ?? ArticleVersion(record: operation.body)
      else { return nil }
      self = .version(name, version)
    case .sightings:
      guard let sighting = Sighting(operation.body) else { return nil }
      self = .rawInput(sighting.raw)
    case .pin, .headline, .byline, .section, .language, .url, .published, .tags, .struckTags, .body,
      .reviews, .settlements, nil:
      return nil
    }
  }
}

package import ArchiveModel
internal import CRDT
package import ChangeLog

/// What became of an imported record.
package enum ImportVerdict: Sendable {
  case new
  /// The article was there; this is another version of it.
  case revised
  /// The raw input, or the very version, was there.
  case unchanged
}

extension ReplicaWriter {
  /// Takes in what a source published.
  ///
  /// An input that is known is left alone, whatever an importer makes of it today. A new version is
  /// added beside the old ones; people's corrections stay above it.
  /// - `raw`: SHA-256 of the input.
  /// - `fetched`: when it was fetched, ms since 1970-01-01 UTC.
  /// - `origin`: file name or address.
  package func importVersion(
    _ version: ArticleVersion,
    raw: Hash,
    fetched: Int64,
    origin: String
  ) throws -> (verdict: ImportVerdict, article: ObjectID) {
    if let known = try article(ofRaw: raw) { return (.unchanged, known) }
    // First, as before every change: a lane's keys come from the same source as salts, and a simulated
    // history is one order of both.
    try openLaneIfNeeded()
    return try take(
      ImportedVersion(version, raw: raw, fetched: fetched, origin: origin, salt: makeSalt())
    )
  }

  /// Takes in what a source published, as ``importVersion(_:raw:fetched:origin:)`` does.
  package func importVersion(
    _ imported: ImportedVersion
  ) throws -> (verdict: ImportVerdict, article: ObjectID) {
    if let known = try article(ofRaw: imported.raw) { return (.unchanged, known) }
    return try take(imported)
  }

  /// Takes in what came from an input that is not known.
  private func take(
    _ imported: ImportedVersion
  ) throws -> (verdict: ImportVerdict, article: ObjectID) {
    let known = try state.store.existingNumber(of: imported.article)
    let isVersionKnown = try known.map { try state.store.holds(imported.name, in: $0) } ?? false
    try append(imported, isVersionKnown: isVersionKnown)
    if isVersionKnown { return (.unchanged, imported.article) }
    return (known == nil ? .new : .revised, imported.article)
  }

  /// Sets registers of an article; `nil` withdraws a correction.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``.
  @discardableResult
  package func correct(
    _ article: ObjectID,
    _ values: [(field: ArticleField, text: String?)]
  ) throws
    -> ChangeID
  {
    guard Set(values.map(\.field)).count == values.count else {
      throw ReplicaFailure.unacceptable("a field is named twice: give it one value")
    }
    guard let state = try state(of: article) else {
      throw ReplicaFailure.noSuchItem("article \(article.bytes.hex)")
    }
    guard state.isLive else { throw ReplicaFailure.deleted("article", article, by: "stet restore") }
    return try append(
      values.map { value in
        Operation(
          field: value.field.rawValue,
          kind: .write,
          names: state.entries(of: value.field.rawValue).map(\.dot),
          body: RegisterValue.body(value.text)
        )
      },
      on: article,
      as: .edit
    )
  }

  /// Adds and removes tags.
  ///
  /// A tag that the source gave is not the user's to remove: it is struck out.
  /// - Returns: the change, or `nil` when all is as wanted already.
  package func tag(_ article: ObjectID, adding: [String], removing: [String]) throws -> ChangeID? {
    guard let (shown, state) = try self.article(article) else {
      throw ReplicaFailure.noSuchItem("article \(article.bytes.hex)")
    }
    guard shown.isLive else { throw ReplicaFailure.deleted("article", article, by: "stet restore") }
    let operations = try Self.tagging(shown, state, adding: adding, removing: removing)
    return operations.isEmpty ? nil : try append(operations, on: article, as: .annotate)
  }

  /// What adds and removes tags of an article as it was seen.
  ///
  /// - Throws: ``ReplicaFailure/unacceptable(_:)`` when there would be more than an article shows.
  static func tagging(
    _ shown: Article,
    _ state: ObjectState,
    adding: [String],
    removing: [String]
  ) throws -> [Operation] {
    let present = Set(Article.allTags(of: state, source: shown.shown.tags))
    let wanted = present.union(adding.map { Array($0.utf8) })
      .subtracting(removing.map { Array($0.utf8) })
    guard
      wanted.isSubset(of: present)
        || wanted.reduce(0, { $0 + $1.count }) <= FormatLimits.tagsByteLimit
    else {
      throw ReplicaFailure.unacceptable(
        "the tags of \(shown.id.bytes.hex.prefix(8)) would have more than "
          + "\(FormatLimits.tagsByteLimit >> 20) MiB together: remove some first"
      )
    }
    let source = Set(shown.shown.tags.map { Array($0.utf8) })
    return adding.flatMap { tag -> [Operation] in
      let element = Array(tag.utf8)
      if present.contains(element) { return [] }
      if source.contains(element) {
        return Self.removal(of: element, from: .struckTags, in: state)
      }
      return [Operation(field: ArticleField.tags.rawValue, kind: .add, body: element)]
    }
      + removing.flatMap { tag -> [Operation] in
        let element = Array(tag.utf8)
        guard present.contains(element) else { return [] }
        let strike =
          source.contains(element)
          ? [Operation(field: ArticleField.struckTags.rawValue, kind: .add, body: element)] : []
        return Self.removal(of: element, from: .tags, in: state) + strike
      }
  }

  /// Makes a version the current one whatever the others say; `nil` leaves it to them again.
  ///
  /// - Returns: the change; `nil` when it is so already.
  @discardableResult
  package func pin(_ version: VersionName?, of article: ObjectID) throws -> ChangeID? {
    guard let state = try state(of: article) else {
      throw ReplicaFailure.noSuchItem("article \(article.bytes.hex)")
    }
    guard state.isLive else { throw ReplicaFailure.deleted("article", article, by: "stet restore") }
    let pins = state.entries(of: ArticleField.pin.rawValue)
    let isAsWanted = pins.distinctValues.count < 2 && state.pinnedVersion == version
    if isAsWanted { return nil }
    return try append(
      [
        Operation(
          field: ArticleField.pin.rawValue,
          kind: .write,
          names: pins.map(\.dot),
          body: RegisterValue.body(version?.bytes.hex)
        )
      ],
      on: article,
      as: .edit
    )
  }

  private static func removal(
    of element: [UInt8],
    from field: ArticleField,
    in state: ObjectState
  )
    -> [Operation]
  {
    let adds = state.entries(of: field.rawValue).filter { $0.value == element }.map(\.dot)
    return adds.isEmpty ? [] : [Operation(field: field.rawValue, kind: .remove, names: adds)]
  }
}

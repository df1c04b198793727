package import CRDT
package import ChangeLog

/// An article as it is shown: people's corrections over the current version.
package struct Article: Sendable {
  package let id: ObjectID
  /// Whether it is there, or deleted.
  package let isLive: Bool
  package let current: VersionName?
  /// The current version with people's corrections in place.
  package let shown: ArticleVersion
  /// Shown tags, ascending by bytes, as many as have ``FormatLimits/tagsByteLimit`` together.
  package let tags: [String]
  /// Registers with several different live values, by field.
  package let conflicts: [ArticleField]

  /// Puts an article together.
  ///
  /// - `versions`: the records of its versions that can be read.
  package init(id: ObjectID, state: ObjectState, versions: [VersionName: ArticleVersion]) {
    self.id = id
    isLive = state.isLive
    let current = Self.current(of: state, versions: versions)
    self.current = current
    var shown = current.flatMap { versions[$0] } ?? ArticleVersion()
    if let current,
      let text = state.text(TextID(field: ArticleField.body.rawValue, version: current.bytes))
    {
      shown.body = text.content
    }
    var conflicts: [ArticleField] = []
    for (_, field) in ArticleField.correctable {
      let writes = state.entries(of: field.rawValue)
      guard let entry = writes.shown else { continue }
      if writes.distinctValues.count > 1 { conflicts.append(field) }
      if let text = RegisterValue.text(entry.value) { shown[field] = text }
    }
    self.conflicts = conflicts
    let allTags = Self.allTags(of: state, source: shown.tags)
    var byteCount = 0
    tags = allTags.prefix { tag in
      byteCount += tag.count
      return byteCount <= FormatLimits.tagsByteLimit
    }.map { String(decoding: $0, as: UTF8.self) }
    self.shown = shown
  }

  /// The pinned version, else the one with the greatest (source's modified time, latest fetch, name).
  private static func current(
    of state: ObjectState,
    versions: [VersionName: ArticleVersion]
  )
    -> VersionName?
  {
    if versions.count == 1 { return versions.first?.key }
    if let pinned = state.pinnedVersion, versions[pinned] != nil { return pinned }
    var fetched: [VersionName: Int64] = [:]
    for entry in state.entries(of: ArticleField.sightings.rawValue) {
      guard let sighting = Sighting(entry.value) else { continue }
      fetched[sighting.version] = max(fetched[sighting.version] ?? .min, sighting.fetched)
    }
    return versions.max { left, right in
      rank(left, fetched) < rank(right, fetched)
    }?.key
  }

  private static func rank(
    _ version: (key: VersionName, value: ArticleVersion),
    _ fetched: [VersionName: Int64]
  ) -> (Int64, Int64, VersionName) {
    (
      Instant.milliseconds(ofISO: version.value.modified) ?? .min, fetched[version.key] ?? .min,
      version.key
    )
  }

  /// An article's tags, ascending by bytes, also those that are too many to be shown.
  ///
  /// - `source`: those of the current version.
  package static func allTags(of state: ObjectState, source: [String]) -> [[UInt8]] {
    func elements(_ field: ArticleField) -> Set<[UInt8]> {
      Set(state.entries(of: field.rawValue).map(\.value))
    }
    return Set(source.map { Array($0.utf8) }).subtracting(elements(.struckTags))
      .union(elements(.tags)).sorted { $0.lexicographicallyPrecedes($1) }
  }
}

extension ArticleVersion {
  /// The value of a register that people can correct.
  package subscript(field: ArticleField) -> String {
    get { Self.path(of: field).map { self[keyPath: $0] } ?? "" }
    set {
      guard let path = Self.path(of: field) else { return }
      self[keyPath: path] = newValue
    }
  }

  private static func path(of field: ArticleField) -> WritableKeyPath<ArticleVersion, String>? {
    switch field {
    case .headline: \.headline
    case .byline: \.byline
    case .section: \.section
    case .language: \.language
    case .url: \.url
    case .published: \.published
    case .versions, .sightings, .pin, .tags, .struckTags, .body, .reviews, .settlements: nil
    }
  }
}

extension ObjectState {
  /// The operation that brought a version of an article.
  package func dot(of version: VersionName) -> Dot? {
    entries(of: ArticleField.versions.rawValue).first { $0.value == version.bytes }?.dot
  }

  /// The version that a person pinned; `nil` where nobody did, or what was written is no name.
  package var pinnedVersion: VersionName? {
    guard let entry = entries(of: ArticleField.pin.rawValue).shown,
      let text = RegisterValue.text(entry.value)
    else { return nil }
    return [UInt8](hex: text).flatMap { VersionName($0) }
  }
}

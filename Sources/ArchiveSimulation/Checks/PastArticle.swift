internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import ReplicaStorage

/// An article with its annotations as some changes of a log left it, in the order in which they lie there.
///
/// As naive as can be, and silent where it takes more than that: about registers with several values, and
/// texts that two edited at the same time. The oracle for `stet show --at`.
struct PastArticle {
  private struct Place: Hashable {
    let object: ObjectID
    let field: UInt32
  }

  private struct TextPlace: Hashable {
    let object: ObjectID
    /// `nil` for a text that belongs to none.
    let version: VersionName?
  }

  private let article: ObjectID
  /// Live writes and adds.
  private var values: [Place: [Dot: [UInt8]]] = [:]
  /// The records of the versions, and the operations that brought them.
  private var records: [VersionName: [UInt8]] = [:]
  private var versions: [Dot: VersionName] = [:]
  private var texts: [TextPlace: PlainText] = [:]
  /// Annotations that somebody deleted; they may have been restored.
  private var deleted: Set<ObjectID> = []

  init(_ article: ObjectID) { self.article = article }

  /// Takes in the next change of the article or of one of its annotations.
  mutating func take(_ payload: ChangePayload, of change: ChangeID) {
    for (index, operation) in payload.operations.enumerated() {
      guard let operation else { continue }
      let dot = Dot(lane: change.lane, seq: change.seq, index: UInt32(index))
      take(operation, at: dot, on: payload.object)
    }
  }

  private mutating func take(
    _ operation: ChangeLog.Operation,
    at dot: Dot,
    on object: ObjectID
  ) {
    let place = Place(object: object, field: operation.field)
    switch ChangeLog.Operation.Kind(rawValue: operation.kind) {
    case .write:
      for name in operation.names { values[place]?[name] = nil }
      values[place, default: [:]][dot] = operation.body
    case .add:
      values[place, default: [:]][dot] = operation.body
      if object == article, operation.field == ArticleField.versions.rawValue {
        let version = VersionName(ofRecord: operation.body)
        records[version] = operation.body
        versions[dot] = version
      }
    case .remove:
      for name in operation.names { values[place]?[name] = nil }
    case .edit:
      edit(operation, at: dot, on: object)
    case .delete:
      deleted.insert(object)
    case .restore, nil:
      return
    }
  }

  /// An edit of a body names first what brought the version.
  private mutating func edit(
    _ operation: ChangeLog.Operation,
    at dot: Dot,
    on object: ObjectID
  ) {
    var parents = operation.names
    var version: VersionName?
    if object == article {
      guard let bringer = parents.first, let brought = versions[bringer] else { return }
      parents.removeFirst()
      version = brought
    }
    let place = TextPlace(object: object, version: version)
    var text = texts[place] ?? PlainText(base(of: version))
    text.edit(TextEditBody.hunks(operation.body), at: dot, after: parents)
    texts[place] = text
  }

  private func base(of version: VersionName?) -> String {
    version.flatMap { records[$0] }.flatMap { ArticleVersion(record: $0)?.body } ?? ""
  }

  // MARK: - What a replica shows

  /// Compares with what a replica says that the article was like.
  ///
  /// - Throws: ``Violation``.
  func compare(with detail: ArticleDetail) throws {
    let shown = detail.article.shown
    for (name, field) in ArticleField.correctable {
      let bodies = Set((values[Place(object: article, field: field.rawValue)] ?? [:]).values)
      guard bodies.count == 1, let text = bodies.first.flatMap(WrittenValues.text(ofRegister:))
      else { continue }
      try expect(shown[field].utf8.elementsEqual(text), "\(name) that it had")
    }
    let tagPlace = Place(object: article, field: ArticleField.tags.rawValue)
    let tags = Set(detail.article.tags.map { Array($0.utf8) })
    // The simulator's versions have no tags of their own.
    try expect(tags == Set((values[tagPlace] ?? [:]).values), "tags that it had, and no others")
    for (name, record) in records {
      let version = detail.versions.first { $0.name == name }
      try expect(version?.record.record == record, "version that was there")
    }
    if let current = detail.article.current {
      let text = texts[TextPlace(object: article, version: current)] ?? PlainText(base(of: current))
      try expect(text.utf8.map { shown.body.utf8.elementsEqual($0) } ?? true, "body that it had")
    }
    try compareNotes(with: detail)
  }

  private func compareNotes(with detail: ArticleDetail) throws {
    for (place, text) in texts where place.object != article {
      guard let annotation = detail.annotations.first(where: { $0.id == place.object }) else {
        try expect(deleted.contains(place.object), "note that was there")
        continue
      }
      try expect(text.utf8.map { annotation.note.utf8.elementsEqual($0) } ?? true, "note as it was")
    }
  }

  private func expect(_ isTold: Bool, _ what: String) throws {
    guard isTold else { throw Violation("what an article was like lacks the \(what)") }
  }
}

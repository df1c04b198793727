internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import ReplicaStorage

/// All that the changes of a log wrote, also what later ones replaced, took out or deleted.
///
/// As naive as can be: the oracle for what a replica tells of the past.
struct WrittenValues {
  /// What one change wrote.
  private struct Written {
    let change: ChangeID
    let action: ChangeID
    let object: ObjectID
    /// By operation: the texts that have to be quoted where it is told in words, UTF-8.
    let texts: [[[UInt8]]]
  }

  /// In the order of the log.
  private var changes: [Written] = []
  /// The article that each annotation is about.
  private var articles: [ObjectID: ObjectID] = [:]

  /// - `changes`: in the order of a log; those that cannot be read wrote nothing.
  init(of changes: [ChangeLog.Change]) {
    for change in changes {
      guard let payload = try? ChangePayload(of: change) else { continue }
      let object = payload.object
      if let target = payload.target { articles[object] = target.article }
      self.changes.append(
        Written(
          change: change.id,
          action: change.action,
          object: object,
          texts: payload.operations.map { $0.map { Self.texts(of: $0, on: object) } ?? [] }
        )
      )
    }
  }

  // MARK: - What was written

  private static func texts(of operation: ChangeLog.Operation, on object: ObjectID) -> [[UInt8]] {
    switch ChangeLog.Operation.Kind(rawValue: operation.kind) {
    case .write: isOrder(operation, on: object) ? articles(operation.body) : register(operation)
    case .add:
      isMember(operation, on: object)
        ? articles(operation.body) : isTag(operation, on: object) ? [operation.body] : []
    case .edit: TextEditBody.hunks(operation.body)?.map { Array($0.insert.utf8) } ?? []
    // These write nothing; versions are compared as a whole (``PastArticle``).
    case .remove, .delete, .restore, nil: []
    }
  }

  private static func register(_ operation: ChangeLog.Operation) -> [[UInt8]] {
    text(ofRegister: operation.body).map { [$0] } ?? []
  }

  private static func isMember(_ operation: ChangeLog.Operation, on object: ObjectID) -> Bool {
    object.type == ObjectType.collection.rawValue
      && operation.field == CollectionField.members.rawValue
  }

  private static func isOrder(_ operation: ChangeLog.Operation, on object: ObjectID) -> Bool {
    object.type == ObjectType.collection.rawValue
      && operation.field == CollectionField.order.rawValue
  }

  /// Each 16 bytes in hexadecimal digits; none where the length is off.
  private static func articles(_ body: [UInt8]) -> [[UInt8]] {
    let count = ObjectID.byteCount
    guard body.count.isMultiple(of: count) else { return [] }
    return stride(from: 0, to: body.count, by: count).map {
      Array(body[$0..<($0 + count)].hex.utf8)
    }
  }

  private static func isTag(_ operation: ChangeLog.Operation, on object: ObjectID) -> Bool {
    let fields = [ArticleField.tags.rawValue, ArticleField.struckTags.rawValue]
    return object.type == ObjectType.article.rawValue && fields.contains(operation.field)
      && String(validating: operation.body, as: UTF8.self) != nil
  }

  /// The text of a register's body, UTF-8: field 1 and nothing else (`Protocol/bodies.proto`).
  ///
  /// - Returns: `nil` for a body of another form, also one that withdraws a value.
  static func text(ofRegister body: [UInt8]) -> [UInt8]? {
    guard body.first == 0x0A else { return nil }
    var count = 0
    for (place, byte) in body.dropFirst().prefix(4).enumerated() {
      count |= Int(byte & 0x7F) << (7 * place)
      guard byte < 0x80 else { continue }
      let text = Array(body.dropFirst(2 + place))
      let isText = text.count == count && String(validating: text, as: UTF8.self) != nil
      return isText ? text : nil
    }
    return nil
  }

  // MARK: - What a replica tells

  /// Sees that every value is found in what a replica tells of each article, and of the archive.
  ///
  /// - Throws: ``Violation``, and what the replica throws.
  func compare(with replica: Replica, named name: String) throws {
    try compareHistories(with: replica, named: name)
    try compareActions(with: replica, named: name)
  }

  /// Articles with their annotations: `stet log ID`.
  private func compareHistories(with replica: Replica, named name: String) throws {
    var expected: [ObjectID: [Written]] = [:]
    for written in changes {
      let isArticle = written.object.type == ObjectType.article.rawValue
      guard let article = isArticle ? written.object : articles[written.object] else { continue }
      expected[article, default: []].append(written)
    }
    for (article, expected) in expected.sorted(by: { $0.key < $1.key }) {
      let history = try replica.history(of: article)
      guard history.map(\.change) == expected.map(\.change) else {
        throw Violation(
          "\(name) tells of \(history.count) changes of an article, which are not the "
            + "\(expected.count) that were written"
        )
      }
      for (entry, written) in zip(history, expected) {
        guard entry.object == written.object, Self.quotes(entry.operations, written.texts) else {
          throw Violation("\(name) does not tell what change \(entry.change.seq) of a lane wrote")
        }
      }
    }
  }

  /// Everything that there is, collections and profiles too: `stet log`.
  private func compareActions(with replica: Replica, named name: String) throws {
    let expected = Dictionary(grouping: changes, by: \.action)
    let actions = try replica.actions(limit: .max, operationLimit: .max)
    guard actions.count == expected.count else {
      throw Violation("\(name) tells of \(actions.count) actions of \(expected.count)")
    }
    for action in actions {
      let written = expected[action.action] ?? []
      let objects = written.flatMap { change in change.texts.map { _ in change.object } }
      guard action.changeCount == written.count,
        action.operations.map({ $0.object }) == objects,
        Self.quotes(action.operations.map({ $0.text }), written.flatMap({ $0.texts }))
      else {
        throw Violation("\(name) does not tell what action \(action.action.seq) of a lane wrote")
      }
    }
  }

  /// Whether the words for each operation quote its texts.
  private static func quotes(_ words: [String], _ texts: [[[UInt8]]]) -> Bool {
    words.count == texts.count
      && zip(words, texts).allSatisfy { words, texts in
        let words = Array(words.utf8)
        return texts.allSatisfy { holds(words, quoted($0)) }
      }
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    let mark = UInt8(ascii: "\"")
    return [mark] + text + [mark]
  }

  private static func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: part) }
  }
}

extension ChangePayload {
  /// What the change says that its annotation is about.
  var target: AnnotationTarget? {
    guard object.type == ObjectType.annotation.rawValue else { return nil }
    let write = operations.compactMap(\.self).last {
      $0.field == AnnotationField.target.rawValue
        && $0.kind == ChangeLog.Operation.Kind.write.rawValue
    }
    return write.flatMap { AnnotationTarget($0.body) }
  }
}

package import ArchiveModel
internal import CRDT
package import ChangeLog

/// A text as somebody saw it, who then goes away to write another one.
package struct SeenText: Sendable {
  package let object: ObjectID
  let field: ArticleOrNote
  /// The edits that the text was the result of.
  let heads: [Dot]
  package let content: String

  /// Which text.
  enum ArticleOrNote: Sendable {
    /// - `version`: the operation that brought the version whose body it is.
    case body(version: Dot)
    case note
  }

  /// The operation that makes the text another one; `nil` when it is the same, byte for byte.
  ///
  /// It stands on what was seen: what came in meanwhile is concurrent, and merges.
  func operation(to text: String) -> Operation? {
    guard !content.utf8.elementsEqual(text.utf8) else { return nil }
    let body = TextEditBody.body(TextDifference(from: content, to: text).hunks)
    switch field {
    case .body(let version):
      return Operation(
        field: ArticleField.body.rawValue,
        kind: .edit,
        names: [version] + heads,
        body: body
      )
    case .note:
      return Operation(
        field: AnnotationField.note.rawValue,
        kind: .edit,
        names: heads,
        body: body
      )
    }
  }
}

/// An article as somebody saw it.
package struct SeenArticle: Sendable {
  package let article: Article
  let state: ObjectState

  /// Its shown body; `nil` for an article without a version.
  var body: SeenText? {
    guard let version = article.current, let dot = state.dot(of: version) else { return nil }
    let text = state.text(TextID(field: ArticleField.body.rawValue, version: version.bytes))
    return SeenText(
      object: article.id,
      field: .body(version: dot),
      heads: text?.heads ?? [],
      content: article.shown.body
    )
  }
}

extension Replica {
  /// An article as it stands, for somebody who is going to edit it.
  ///
  /// - Throws: ``ReplicaFailure`` when it is not there or deleted.
  package func seenArticle(_ id: ObjectID) throws -> SeenArticle {
    try database.read { db in
      let store = StateStore(db)
      let (number, article, state, _) = try store.article(id)
      guard state.isLive else { throw ReplicaFailure.deleted("article", id, by: "stet restore") }
      if let version = article.current {
        let text = TextID(field: ArticleField.body.rawValue, version: version.bytes)
        try store.expectText(text, of: number, in: state)
      }
      return SeenArticle(article: article, state: state)
    }
  }

  /// An annotation's note as it stands, for somebody who is going to edit it.
  ///
  /// - Throws: ``ReplicaFailure`` when it is not there or deleted.
  package func seenNote(of id: ObjectID) throws -> SeenText {
    try database.read { db in
      let store = StateStore(db)
      guard let number = try store.existingNumber(of: id) else {
        throw ReplicaFailure.noSuchItem("note \(id.bytes.hex)")
      }
      let state = try store.state(of: number)
      guard state.isLive else { throw ReplicaFailure.deleted("note", id, by: "stet note restore") }
      try store.expectText(TextID(field: AnnotationField.note.rawValue), of: number, in: state)
      let text = state.text(TextID(field: AnnotationField.note.rawValue))
      return SeenText(
        object: id,
        field: .note,
        heads: text?.heads ?? [],
        content: text?.content ?? ""
      )
    }
  }
}

extension ReplicaFailure {
  static func deleted(_ what: String, _ id: ObjectID, by verb: String) -> Self {
    let id = id.bytes.hex.prefix(8)
    return .unacceptable("the \(what) \(id) is deleted: '\(verb) \(id)' brings it back")
  }
}

extension ReplicaWriter {
  /// Makes a text another one, from what was seen of it.
  ///
  /// - Returns: the change; `nil` when nothing is different.
  @discardableResult
  package func edit(_ seen: SeenText, to text: String) throws -> ChangeID? {
    guard let operation = seen.operation(to: text) else { return nil }
    let changeClass: ChangeHeader.Class =
      switch seen.field {
      case .body: .edit
      case .note: .annotate
      }
    return try append([operation], on: seen.object, as: changeClass)
  }

  /// Makes an article read as somebody wants it who saw it as it stood: body and fields in one change,
  /// tags in another one.
  ///
  /// - Returns: the first change, and the names of what is different, none when nothing is.
  package func edit(
    _ seen: SeenArticle,
    to draft: ArticleDraft
  ) throws -> (change: ChangeID?, changed: [String]) {
    let article = seen.article
    var changed: [String] = []
    var operations: [Operation] = []
    guard let body = seen.body else {
      throw ReplicaFailure.noSuchItem("text of the article \(article.id.bytes.hex)")
    }
    if let edit = body.operation(to: draft.body) {
      operations.append(edit)
      changed.append("\(ArticleField.body)")
    }
    for (field, text) in draft.fields {
      let writes = seen.state.entries(of: field.rawValue)
      let isAsWanted =
        text.map { article.shown[field].utf8.elementsEqual($0.utf8) }
        ?? writes.allSatisfy { RegisterValue.text($0.value) == nil }
      if isAsWanted { continue }
      operations.append(
        Operation(
          field: field.rawValue,
          kind: .write,
          names: writes.map(\.dot),
          body: RegisterValue.body(text)
        )
      )
      changed.append("\(field)")
    }
    var change = operations.isEmpty ? nil : try append(operations, on: article.id, as: .edit)
    if let tags = draft.tags {
      let tagging = try Self.tagging(
        article,
        seen.state,
        adding: tags,
        removing: article.tags.filter { old in !tags.contains { $0.utf8.elementsEqual(old.utf8) } }
      )
      if !tagging.isEmpty {
        let tagged = try append(tagging, on: article.id, as: .annotate)
        change = change ?? tagged
        changed.append("\(ArticleField.tags)")
      }
    }
    return (change, changed)
  }
}

internal import ArchiveModel
internal import CRDT
package import ChangeLog

/// What an annotation is to be about.
package enum AnnotationWish: Sendable {
  case wholeArticle
  /// A passage, word for word; which of several occurrences, from 1.
  case passage(String, occurrence: Int?)
}

extension ReplicaWriter {
  /// Annotates the current version of an article.
  ///
  /// - `motivation`: of the W3C Web Annotation Vocabulary, as `highlighting`.
  /// - `note`: `nil` for none.
  /// Throws: ``ReplicaFailure/noSuchItem(_:)`` when the article or passage is not there,
  /// ``ReplicaFailure/unacceptable(_:)`` when the passage is there several times.
  package func annotate(
    _ article: ObjectID,
    _ wish: AnnotationWish,
    motivation: String,
    note: String?
  ) throws -> ObjectID {
    guard let (shown, state) = try self.article(article), let version = shown.current,
      let dot = state.dot(of: version)
    else { throw ReplicaFailure.noSuchItem("article \(article.bytes.hex)") }
    guard shown.isLive else { throw ReplicaFailure.deleted("article", article, by: "stet restore") }
    let target = AnnotationTarget(
      article: article,
      version: version,
      passage: try passage(wish, in: shown, version)
    )
    return try annotate(
      target.operation(versionDot: dot),
      motivation: motivation,
      note: note
    )
  }

  /// Answers an annotation: the answer is about the same version of the same article.
  package func reply(to annotation: ObjectID, note: String) throws -> ObjectID {
    guard let state = try state(of: annotation),
      let entry = state.entries(of: AnnotationField.target.rawValue).shown,
      let target = AnnotationTarget(entry.value),
      let dot = try self.state(of: target.article)?.dot(of: target.version)
    else { throw ReplicaFailure.noSuchItem("note \(annotation.bytes.hex)") }
    guard state.isLive else {
      throw ReplicaFailure.deleted("note", annotation, by: "stet note restore")
    }
    let reply = AnnotationTarget(
      article: target.article,
      version: target.version,
      passage: nil,
      repliesTo: annotation
    )
    return try annotate(
      reply.operation(versionDot: dot, naming: [entry.dot]),
      motivation: "replying",
      note: note
    )
  }

  private func annotate(
    _ target: Operation,
    motivation: String,
    note: String?
  ) throws -> ObjectID {
    var operations = [
      target,
      Operation(
        field: AnnotationField.motivation.rawValue,
        kind: .write,
        body: RegisterValue.body(motivation)
      ),
    ]
    if let note, !note.isEmpty {
      operations.append(
        Operation(
          field: AnnotationField.note.rawValue,
          kind: .edit,
          body: TextEditBody.body([Hunk(position: 0, deleteCount: 0, insert: note)])
        )
      )
    }
    let id = makeObject(.annotation)
    try append(operations, on: id, as: .annotate)
    return id
  }

  func passage(
    _ wish: AnnotationWish,
    in article: Article,
    _ version: VersionName
  ) throws -> AnnotationTarget.Passage? {
    guard case .passage(let quotation, let occurrence) = wish else { return nil }
    let body = article.shown.body
    let places = Quote.occurrences(of: quotation, in: body)
    let number = occurrence ?? 1
    guard places.indices.contains(number - 1) else {
      throw ReplicaFailure.noSuchItem(
        places.isEmpty
          ? "passage \"\(quotation)\" in the article's body"
          : "occurrence \(number) of \"\(quotation)\": it is there \(places.count) times"
      )
    }
    guard places.count == 1 || occurrence != nil else {
      throw ReplicaFailure.unacceptable(
        "\"\(quotation)\" is there \(places.count) times: quote more of it, or name one with "
          + "--occurrence 1…\(places.count)"
      )
    }
    return try passage(places[number - 1], in: article, version)
  }

  /// A range of the shown body, scalars, held by the identity of its ends.
  func passage(
    _ range: Range<Int>,
    in article: Article,
    _ version: VersionName
  ) throws -> AnnotationTarget.Passage {
    let identities = try identities(
      of: TextID(field: ArticleField.body.rawValue, version: version.bytes),
      in: article.id
    )
    func identity(_ place: Int) -> ScalarOrigin {
      identities?[place] ?? ScalarOrigin(edit: nil, offset: place)
    }
    return AnnotationTarget.Passage(
      first: identity(range.lowerBound),
      last: identity(range.upperBound - 1),
      quote: Quote(range, of: article.shown.body.unicodeScalars)
    )
  }
}

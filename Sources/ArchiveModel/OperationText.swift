package import ChangeLog

/// Operations in words, for `stet log`.
package enum OperationText {
  package static func describe(_ operation: Operation, on object: ObjectID) -> String {
    let field = FieldName.of(operation.field, type: object.type)
    switch Operation.Kind(rawValue: operation.kind) {
    case .write: return write(operation, field: field, on: object)
    case .add: return add(operation, field: field, on: object)
    case .remove: return "took \(operation.names.count) out of \(field)"
    case .edit:
      let hunks = TextEditBody.hunks(operation.body) ?? []
      return "edited \(field): "
        + hunks.map { "+\"\($0.insert)\" -\($0.deleteCount)" }.joined(separator: ", ")
    case .delete: return "deleted it"
    case .restore: return "restored it"
    case nil: return "needs a newer stet"
    }
  }

  private static func write(_ operation: Operation, field: String, on object: ObjectID) -> String {
    if object.type == ObjectType.annotation.rawValue,
      operation.field == AnnotationField.target.rawValue
    {
      let target = AnnotationTarget(operation.body)
      if target?.repliesTo != nil { return "answered a note" }
      guard let passage = target?.passage else { return "annotated the article" }
      return "annotated \"\(passage.quote.exact)\""
    }
    if object.type == ObjectType.collection.rawValue,
      operation.field == CollectionField.order.rawValue
    {
      let articles = [ObjectID](articles: operation.body) ?? []
      guard !articles.isEmpty else { return "set no order" }
      return "set the order to " + articles.map { "\"\($0.bytes.hex)\"" }.joined(separator: ", ")
    }
    guard let text = RegisterValue.text(operation.body) else { return "withdrew \(field)" }
    return "set \(field) to \"\(text)\""
  }

  private static func add(_ operation: Operation, field: String, on object: ObjectID) -> String {
    if object.type == ObjectType.collection.rawValue,
      operation.field == CollectionField.members.rawValue,
      let article = ObjectID(type: ObjectType.article.rawValue, bytes: operation.body)
    {
      return "put in the article \"\(article.bytes.hex)\""
    }
    guard object.type == ObjectType.article.rawValue else { return "added to \(field)" }
    switch ArticleField(rawValue: operation.field) {
    case .versions:
      let headline = ArticleVersion(record: operation.body)?.headline ?? ""
      return "added a version: \"\(headline)\""
    case .sightings:
      return "saw it in \(Sighting(operation.body)?.origin ?? "an unknown place")"
    case .tags: return "added the tag \"\(String(decoding: operation.body, as: UTF8.self))\""
    case .struckTags:
      return "struck out the tag \"\(String(decoding: operation.body, as: UTF8.self))\""
    case .reviews: return "marked a merge as reviewed"
    case .settlements: return "settled corrections of a former version"
    case .pin, .headline, .byline, .section, .language, .url, .published, .body, nil:
      return "added to \(field)"
    }
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage

/// What tests look at and do to an article, in as few words as they should take.
extension Replica {
  func body(of article: ObjectID) throws -> String { try detail(of: article).article.shown.body }

  func headline(of article: ObjectID) throws -> String {
    try detail(of: article).article.shown.headline
  }

  /// Whether the first and last scalar of every annotation's passage stand in the body.
  func findsAnchors(of article: ObjectID) throws -> Bool {
    let detail = try detail(of: article)
    let present = Set(try bodyHistory(of: article)?.identities ?? [])
    let isEdited = !present.isEmpty
    return detail.annotations.compactMap(\.target.passage).allSatisfy {
      !isEdited || present.contains($0.first) && present.contains($0.last)
    }
  }

  /// The history of the current version's body; `nil` when nobody edited it.
  func bodyHistory(of article: ObjectID) throws -> TextHistory? {
    guard let current = try detail(of: article).article.current else { return nil }
    return try textHistory(
      of: TextID(field: ArticleField.body.rawValue, version: current.bytes),
      in: article
    )
  }
}

extension ReplicaWriter {
  /// Replaces the first place where a passage stands in the body.
  @discardableResult
  func replace(_ old: String, by new: String, in article: ObjectID) throws -> ChangeID {
    guard let shown = try self.article(article)?.article.shown.body,
      let place = Quote.occurrences(of: old, in: shown).first
    else { throw ReplicaFailure.noSuchItem(old) }
    return try edit(
      article,
      [Hunk(position: place.lowerBound, deleteCount: place.count, insert: new)]
    )
  }

  /// Makes the body of the current version another text.
  @discardableResult
  func edit(_ article: ObjectID, to text: String) throws -> ChangeID {
    let shown = try self.article(article)?.article.shown.body ?? ""
    return try edit(article, TextDifference(from: shown, to: text).hunks)
  }

  /// Edits the body of the current version.
  @discardableResult
  func edit(_ article: ObjectID, _ hunks: [Hunk]) throws -> ChangeID {
    guard let (shown, state) = try self.article(article), let version = shown.current,
      let dot = state.dot(of: version)
    else { throw ReplicaFailure.noSuchItem("article") }
    let field = ArticleField.body.rawValue
    let heads = state.text(TextID(field: field, version: version.bytes))?.heads ?? []
    return try append(
      [Operation(field: field, kind: .edit, names: [dot] + heads, body: TextEditBody.body(hunks))],
      on: article,
      as: .edit
    )
  }

  func append(_ text: String, toNote note: ObjectID) throws {
    let field = AnnotationField.note.rawValue
    let known = try state(of: note)?.text(TextID(field: field))
    let end = known?.content.unicodeScalars.count ?? 0
    let hunk = Hunk(position: end, deleteCount: 0, insert: text)
    try append(
      [
        Operation(
          field: field,
          kind: .edit,
          names: known?.heads ?? [],
          body: TextEditBody.body([hunk])
        )
      ],
      on: note,
      as: .annotate
    )
  }

  func deleteEverything(of object: ObjectID) throws {
    let covered = try state(of: object)?.dotsToCover ?? []
    try append([Operation(field: 0, kind: .delete, names: covered)], on: object, as: .edit)
  }

  func liftDeletions(of object: ObjectID) throws {
    let deletions = try state(of: object)?.deletions.map(\.dot) ?? []
    try append([Operation(field: 0, kind: .restore, names: deletions)], on: object, as: .edit)
  }
}

package import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// An article with all that belongs to it.
package struct ArticleDetail: Sendable {
  package let article: Article
  package let versions: [VersionDetail]
  /// As threads: every answer below what it answers.
  package let annotations: [AnnotationDetail]
  /// What there is of it and is not shown.
  package let omissions: [Omission]
}

/// A version of an article, with the sightings of it.
package struct VersionDetail: Sendable {
  package let name: VersionName
  package let record: ArticleVersion
  package let sightings: [Sighting]
  package let isCurrent: Bool
  /// Whether a person pinned it.
  package let isPinned: Bool
}

/// An annotation as it is shown.
package struct AnnotationDetail: Sendable {
  package let id: ObjectID
  package let target: AnnotationTarget
  package let motivation: String
  package let note: String
  /// Where the passage stands in the article's current version, scalars of its shown body; `nil` for
  /// an annotation of the whole article.
  package let place: PassagePlace?
  /// Who made it, and when by their clock, ms.
  package let author: String
  package let time: Int64
  package let isLive: Bool
  /// What there is of it and is not shown.
  package let omissions: [Omission]
  /// Where it stands in its thread; `nil` of a deleted one.
  package fileprivate(set) var thread: AnnotationThread.Place?
}

extension Replica {
  /// The archive's articles, newest first; those without a date last.
  ///
  /// - `deleted`: those that are deleted, instead of those that are there.
  package func articles(limit: Int? = nil, deleted: Bool = false) throws -> [ArticleRow] {
    try database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(ArticleRow.columns)
          FROM articles JOIN objects ON objects.id = articles.object
          WHERE is_live = ? ORDER BY published_ms DESC, objects.object LIMIT ?
          """,
        arguments: [!deleted, limit ?? -1]
      ).map { try ArticleRow($0) }
    }
  }

  /// The article that an id, the beginning of one (4 digits or more), a source's id or an address
  /// names.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``, ``ReplicaFailure/ambiguous(_:_:)``.
  package func articleID(_ selector: String) throws -> ObjectID {
    try database.read { db in
      let found = try Self.candidates(selector, db)
      if found.count > 1 {
        throw ReplicaFailure.ambiguous("\"\(selector)\"", found.map(\.bytes.hex))
      }
      guard let id = found.first else { throw ReplicaFailure.noSuchItem("article \"\(selector)\"") }
      return id
    }
  }

  private static func candidates(_ selector: String, _ db: Database) throws -> [ObjectID] {
    guard !selector.isEmpty else { return [] }
    let named = try objectIDs(
      db,
      "id IN (SELECT object FROM articles WHERE source_id = ?1 OR url = ?1)",
      [selector]
    )
    // A source's id may look like the beginning of another article's: then both are meant.
    let prefixed = try objectIDs(.article, beginningWith: selector, db)
    return named + prefixed.filter { !named.contains($0) }
  }

  private static func objectIDs(
    _ db: Database,
    _ condition: String,
    _ arguments: StatementArguments
  )
    throws -> [ObjectID]
  {
    try Data.fetchAll(
      db,
      sql: "SELECT object FROM objects WHERE \(condition) LIMIT 10",
      arguments: arguments
    ).compactMap { ObjectID(type: ObjectType.article.rawValue, bytes: $0) }
  }

  /// Everything about an article.
  package func detail(of id: ObjectID) throws -> ArticleDetail {
    try database.read { db in
      let store = StateStore(db)
      let (number, article, state, versions) = try store.article(id)
      let passages = ArticlePassages(of: article, number: number, versions: versions, store)
      return ArticleDetail(
        article: article,
        versions: VersionDetail.all(of: article, state, versions),
        annotations: AnnotationDetail.threads(try Self.annotations(of: id, passages, db, store)),
        omissions: Omission.all(of: article, in: state, versions: versions)
      )
    }
  }

  /// The annotations of an article that were deleted, by time.
  package func deletedAnnotations(of article: ObjectID) throws -> [AnnotationDetail] {
    try database.read { db in
      let store = StateStore(db)
      let (number, shown, _, versions) = try store.article(article)
      let passages = ArticlePassages(of: shown, number: number, versions: versions, store)
      return try Self.annotations(of: article, passages, db, store).filter { !$0.isLive }
    }
  }

  static func annotations(
    of article: ObjectID,
    _ passages: ArticlePassages,
    _ db: Database,
    _ store: StateStore
  ) throws
    -> [AnnotationDetail]
  {
    let people = People(db)
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT annotations.object, objects.object
        FROM annotations JOIN objects ON objects.id = annotations.object
        WHERE annotations.article = ?
        """,
      arguments: [article.bytes.blob]
    )
    return try rows.compactMap { row -> AnnotationDetail? in
      guard
        let id = ObjectID(
          type: ObjectType.annotation.rawValue,
          bytes: try row.decode(atIndex: 1) as Data
        )
      else {
        return nil
      }
      return try AnnotationDetail(id, store.state(of: row.decode(atIndex: 0)), passages, people)
    }.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
  }
}

extension VersionDetail {
  /// The versions of an article, as they were first seen.
  static func all(
    of article: Article,
    _ state: ObjectState,
    _ versions: [VersionName: ArticleVersion]
  ) -> [VersionDetail] {
    let sightings = state.entries(of: ArticleField.sightings.rawValue)
      .compactMap { Sighting($0.value) }
    return versions.map { name, record in
      VersionDetail(
        name: name,
        record: record,
        sightings: sightings.filter { $0.version == name }.sorted { $0.fetched < $1.fetched },
        isCurrent: name == article.current,
        isPinned: name == state.pinnedVersion
      )
    }.sorted {
      ($0.sightings.first?.fetched ?? 0, $0.name) < ($1.sightings.first?.fetched ?? 0, $1.name)
    }
  }
}

extension AnnotationDetail {
  /// An annotation as its state says; `nil` for one without a readable target.
  init?(
    _ id: ObjectID,
    _ state: ObjectState,
    _ passages: ArticlePassages,
    _ people: People
  ) throws {
    guard let entry = state.entries(of: AnnotationField.target.rawValue).shown,
      let target = AnnotationTarget(entry.value)
    else { return nil }
    let motivation = state.entries(of: AnnotationField.motivation.rawValue).shown
    // Who confirms a new place for a passage writes the target and is not the author.
    let made = motivation ?? entry
    self.init(
      id: id,
      target: target,
      motivation: motivation.flatMap { RegisterValue.text($0.value) } ?? "",
      note: state.text(TextID(field: AnnotationField.note.rawValue))?.content ?? "",
      place: try passages.place(of: target),
      author: try people.name(of: made.dot.lane),
      time: made.time,
      isLive: state.isLive,
      omissions: Omission.all(of: id, in: state)
    )
  }

  /// The annotations that are shown, as threads.
  static func threads(_ annotations: [AnnotationDetail]) -> [AnnotationDetail] {
    let byID = Dictionary(
      annotations.map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    let places = AnnotationThread.places(
      of: annotations.map { .init(id: $0.id, repliesTo: $0.target.repliesTo, isLive: $0.isLive) }
    )
    return places.compactMap { place in
      var annotation = byID[place.id]
      annotation?.thread = place
      return annotation
    }
  }

}

extension StateStore {
  /// An article with what it is made of.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``.
  func article(
    _ id: ObjectID
  ) throws -> (
    number: Int64, article: Article, state: ObjectState, versions: [VersionName: ArticleVersion]
  ) {
    guard let number = try existingNumber(of: id) else {
      throw ReplicaFailure.noSuchItem("article \(id.bytes.hex)")
    }
    let state = try state(of: number)
    let versions = try versions(of: number)
    return (number, Article(id: id, state: state, versions: versions), state, versions)
  }
}

/// Who writes which lane.
final class People {
  private let db: Database
  private var names: [LaneID: String] = [:]

  init(_ db: Database) { self.db = db }

  /// What a lane's member wants to be called; the beginning of the member key where nothing is known.
  func name(of lane: LaneID) throws -> String {
    if let name = names[lane] { return name }
    let blob = try Data.fetchOne(
      db,
      sql: "SELECT member FROM lanes WHERE lane = ?",
      arguments: [lane.bytes.blob]
    )
    guard let blob, let member = PublicKey(blob) else { return String(lane.bytes.hex.prefix(8)) }
    let store = StateStore(db)
    var name = String(member.bytes.hex.prefix(8))
    if let number = try store.existingNumber(of: .profile(of: member)),
      let entry = try store.state(of: number).entries(of: ProfileField.name.rawValue).shown,
      let text = RegisterValue.text(entry.value), !text.isEmpty
    {
      name = text
    }
    names[lane] = name
    return name
  }
}

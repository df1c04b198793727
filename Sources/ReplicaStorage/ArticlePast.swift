internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// When to look at an article.
package enum PastMoment: Sendable {
  /// With all that had been made then by the authors' clocks, ms, wherever it was made.
  case time(Int64)
  /// As this replica had it right after this change came to it.
  case change(ChangeID)
}

extension Replica {
  /// Everything about an article as it was.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)`` where it was not there yet.
  package func detail(of id: ObjectID, at moment: PastMoment) throws -> ArticleDetail {
    try database.read { db in
      let changes = try pastChanges(of: id, at: moment, db)
      let past = ObjectPast(of: id, after: changes)
      guard !past.state.entries.isEmpty else {
        throw ReplicaFailure.noSuchItem("article \(id.bytes.hex) at that time")
      }
      return detail(past, changes: changes, people: People(db))
    }
  }

  /// The changes of an article and its annotations that count at a moment, in log order.
  private func pastChanges(
    of id: ObjectID,
    at moment: PastMoment,
    _ db: Database
  ) throws -> [RecordedChange] {
    let reader = LogReader(db)
    let objects = try Int64.fetchAll(
      db,
      sql: """
        SELECT id FROM objects WHERE object = ?1 AND type = ?2
        UNION ALL SELECT object FROM annotations WHERE article = ?1
        """,
      arguments: [id.bytes.blob, Int64(id.type)]
    )
    switch moment {
    case .time(let time):
      return try reader.changes(of: objects).made(by: time)
    case .change(let change):
      guard let position = try reader.position(of: change) else {
        throw ReplicaFailure.noSuchItem("change \(change.name)")
      }
      return try reader.changes(of: objects, upTo: position)
    }
  }

  private func detail(
    _ past: ObjectPast,
    changes: [RecordedChange],
    people: People
  ) -> ArticleDetail {
    let article = Article(id: past.object, state: past.state, versions: past.versions)
    let sightings = past.state.entries(of: ArticleField.sightings.rawValue)
      .compactMap { Sighting($0.value) }
    let versions = past.versions.map { name, record in
      VersionDetail(
        name: name,
        record: record,
        sightings: sightings.filter { $0.version == name }.sorted { $0.fetched < $1.fetched },
        isCurrent: name == article.current
      )
    }
    let annotations = Set(changes.map(\.object)).subtracting([past.object])
      .compactMap { annotation(ObjectPast(of: $0, after: changes), people) }
    return ArticleDetail(
      article: article,
      versions: versions.sorted {
        ($0.sightings.first?.fetched ?? 0, $0.name) < ($1.sightings.first?.fetched ?? 0, $1.name)
      },
      annotations: annotations.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    )
  }

  private func annotation(_ past: ObjectPast, _ people: People) -> AnnotationDetail? {
    let state = past.state
    guard state.isLive, let entry = state.entries(of: AnnotationField.target.rawValue).shown,
      let target = AnnotationTarget(entry.value)
    else { return nil }
    let motivation = state.entries(of: AnnotationField.motivation.rawValue).shown
    return AnnotationDetail(
      id: past.object,
      target: target,
      motivation: motivation.flatMap { RegisterValue.text($0.value) } ?? "",
      note: state.text(TextID(field: AnnotationField.note.rawValue))?.content ?? "",
      author: (try? people.name(of: entry.dot.lane)) ?? "",
      time: entry.time
    )
  }
}

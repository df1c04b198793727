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
      return try detail(past, changes: changes, people: People(db))
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
  ) throws -> ArticleDetail {
    let article = Article(id: past.object, state: past.state, versions: past.versions)
    let passages = ArticlePassages(of: article, versions: past.versions) { past.history.texts[$0] }
    let annotations = try Set(changes.map(\.object)).subtracting([past.object]).compactMap {
      try AnnotationDetail($0, ObjectPast(of: $0, after: changes).state, passages, people)
    }
    return ArticleDetail(
      article: article,
      versions: VersionDetail.all(of: article, past.state, past.versions),
      annotations: AnnotationDetail.threads(
        annotations.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
      ),
      omissions: Omission.all(of: article, in: past.state, versions: past.versions)
    )
  }
}

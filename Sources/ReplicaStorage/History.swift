internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// A change as the log shows it.
package struct HistoryEntry: Sendable {
  package let change: ChangeID
  package let object: ObjectID
  package let author: String
  /// By the author's clock, ms.
  package let time: Int64
  /// What each operation did, in words.
  package let operations: [String]
}

extension Replica {
  /// The changes of an article and its annotations, in log order.
  package func history(of article: ObjectID) throws -> [HistoryEntry] {
    try database.read { db in
      let positions = try Int64.fetchAll(
        db,
        sql: """
          SELECT position FROM touches WHERE object IN (
            SELECT id FROM objects WHERE object = ?1 AND type = ?2
            UNION ALL SELECT object FROM annotations WHERE article = ?1)
          ORDER BY position
          """,
        arguments: [article.bytes.blob, Int64(article.type)]
      )
      let people = People(db)
      var reader = ChangeReader(db)
      return try positions.map { position in
        let change = try reader.change(at: position)
        let payload = try ChangePayload(of: change)
        return HistoryEntry(
          change: change.id,
          object: payload.object,
          author: try people.name(of: change.lane),
          time: change.header.time,
          operations: payload.operations.map {
            $0.map { OperationText.describe($0, on: payload.object) } ?? "has no effect"
          }
        )
      }
    }
  }
}

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
      var reader = PackReader(db: db)
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

/// Reads single changes out of packs.
private struct PackReader {
  let db: Database
  private var cached: (first: Int64, changes: [Change])?

  init(db: Database) { self.db = db }

  mutating func change(at position: Int64) throws -> Change {
    if let cached, (cached.first..<(cached.first + Int64(cached.changes.count))).contains(position)
    {
      return cached.changes[Int(position - cached.first)]
    }
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT position, count, bytes FROM packs WHERE position >= ? ORDER BY position LIMIT 1
        """,
      arguments: [position]
    )
    guard let row else { throw LogFailure.damaged("log") }
    let pack = try Pack(Array(row[2] as Data))
    let log = SQLiteLog(db)
    guard let archive = try log.genesis()?.archive else { throw LogFailure.damaged("log") }
    var changes: [Change] = []
    for run in pack.runs {
      guard let key = try log.writingKey(of: run.lane) else { throw LogFailure.damaged("log") }
      let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
      let previous =
        before.seq == 0
        ? Hash.beforeLane(archive: archive, writingKey: key) : try log.hash(of: before)
      guard let previous else { throw LogFailure.damaged("log") }
      changes += try run.changes(archive: archive, key: key, previous: previous)
    }
    let first = (row[0] as Int64) - (row[1] as Int64) + 1
    guard changes.count == row[1] as Int else { throw LogFailure.damaged("log") }
    cached = (first, changes)
    return changes[Int(position - first)]
  }
}

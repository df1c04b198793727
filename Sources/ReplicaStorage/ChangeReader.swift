internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Reads single changes out of packs.
struct ChangeReader {
  private let db: Database
  private var cached: (first: Int64, changes: [Change])?

  init(_ db: Database) { self.db = db }

  /// A change by its name; `nil` when the log does not hold it.
  mutating func change(_ id: ChangeID) throws -> Change? {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT runs.pack - packs.count + 1 + runs.place + ? - runs.first_seq
          FROM runs JOIN lanes ON lanes.id = runs.lane JOIN packs ON packs.position = runs.pack
          WHERE lanes.lane = ? AND runs.first_seq <= ? AND runs.last_seq >= ?
          ORDER BY runs.pack LIMIT 1
          """
      ),
      arguments: [Int64(id.seq), id.lane.bytes.blob, Int64(id.seq), Int64(id.seq)]
    )
    return try row.map { try change(at: $0[0]) }
  }

  /// The change at a position of the log.
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

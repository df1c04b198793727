internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Reads single changes out of packs; keeps the packs that it opened last.
final class LogReader {
  private let db: Database
  private let log: SQLiteLog
  /// By the position of their last change, the one used last at the end.
  private var opened: [(position: Int64, changes: [Change])] = []
  private static let openedLimit = 16

  init(_ db: Database) {
    self.db = db
    log = SQLiteLog(db)
  }

  /// The change at a position of the log.
  func change(at position: Int64) throws -> Change {
    let isInside = { (pack: (position: Int64, changes: [Change])) in
      position > pack.position - Int64(pack.changes.count) && position <= pack.position
    }
    if let place = opened.lastIndex(where: isInside) {
      opened.append(opened.remove(at: place))
    } else {
      opened.append(try pack(holding: position))
      if opened.count > Self.openedLimit { opened.removeFirst() }
    }
    guard let pack = opened.last else { throw LogFailure.damaged("log") }
    return pack.changes[Int(position - pack.position) + pack.changes.count - 1]
  }

  /// Where a change stands in the log; `nil` where it is not in it.
  func position(of change: ChangeID) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT packs.position - packs.count + 1 + runs.place + ?2 - runs.first_seq
          FROM lanes
            JOIN runs ON runs.lane = lanes.id AND runs.first_seq <= ?2 AND runs.last_seq >= ?2
            JOIN packs ON packs.position = runs.pack
          WHERE lanes.lane = ?1 ORDER BY packs.position LIMIT 1
          """
      ),
      arguments: [change.lane.bytes.blob, Int64(clamping: change.seq)]
    )
  }

  func change(_ id: ChangeID) throws -> Change? {
    try position(of: id).map(change(at:))
  }

  /// The changes of some objects that have been applied, in log order, up to a position.
  func changes(of objects: [Int64], upTo end: Int64 = .max) throws -> [RecordedChange] {
    var positions: [Int64] = []
    for object in objects {
      positions += try Int64.fetchAll(
        db.cachedStatement(sql: "SELECT position FROM touches WHERE object = ? AND position <= ?"),
        arguments: [object, end]
      )
    }
    return try positions.sorted().map { try RecordedChange(change(at: $0)) }
  }

  private func pack(holding position: Int64) throws -> (position: Int64, changes: [Change]) {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT position, count, bytes FROM packs WHERE position >= ? ORDER BY position LIMIT 1
          """
      ),
      arguments: [position]
    )
    guard let row else { throw LogFailure.damaged("log") }
    let changes = try log.changes(of: Pack(Array(row[2] as Data)), at: row[0])
    guard changes.count == row[1] as Int, !changes.isEmpty else {
      throw LogFailure.damaged("log")
    }
    return (row[0], changes)
  }
}

internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Reads single changes out of packs; keeps the packs that it opened last.
///
/// Of a pack only the runs that are asked for are verified: one that was joined has many.
final class LogReader {
  private let db: Database
  private let log: SQLiteLog
  /// The one used last at the end.
  private var opened: [OpenedPack] = []
  private static let openedLimit = 16

  init(_ db: Database) {
    self.db = db
    log = SQLiteLog(db)
  }

  /// The change at a position of the log.
  func change(at position: Int64) throws -> Change {
    if let place = opened.lastIndex(where: { $0.positions.contains(position) }) {
      opened.append(opened.remove(at: place))
    } else {
      opened.append(try pack(holding: position))
      if opened.count > Self.openedLimit { opened.removeFirst() }
    }
    return try opened[opened.count - 1].change(at: position, in: log)
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
    guard let change = try position(of: id).map(change(at:)) else { return nil }
    guard change.id == id else { throw LogFailure.damaged("log") }
    return change
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

  private func pack(holding position: Int64) throws -> OpenedPack {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT position, count, bytes FROM packs WHERE position >= ? ORDER BY position LIMIT 1
          """
      ),
      arguments: [position]
    )
    guard let row else { throw LogFailure.damaged("log") }
    let pack = OpenedPack(
      place: try PackPlace(position: row.decode(atIndex: 0), count: row.decode(atIndex: 1)),
      pack: try Pack(Array(row.decode(atIndex: 2) as Data))
    )
    guard pack.place.count == pack.pack.changeCount, pack.positions.contains(position) else {
      throw LogFailure.damaged("log")
    }
    return pack
  }
}

/// A pack of the log, and those of its runs that were read.
private struct OpenedPack {
  let place: PackPlace
  let pack: Pack
  private var runs: [Int: [Change]] = [:]

  init(place: PackPlace, pack: Pack) {
    self.place = place
    self.pack = pack
  }

  var positions: ClosedRange<Int64> { (place.begin + 1)...place.position }

  /// - `position`: one of ``positions``.
  mutating func change(at position: Int64, in log: SQLiteLog) throws -> Change {
    var place = Int(position - positions.lowerBound)
    var number = 0
    while place >= pack.runs[number].headers.count {
      place -= pack.runs[number].headers.count
      number += 1
    }
    let changes = try runs[number] ?? log.changes(ofRun: number, of: pack, at: self.place.position)
    runs[number] = changes
    return changes[place]
  }
}

internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Rows of an object's state, one at a time: however many there are, one is in memory.
extension StateStore {
  /// Visits rows of `entries`.
  ///
  /// - `rows`: SQL from `WHERE` on.
  func forEachEntry(
    _ rows: String,
    _ arguments: StatementArguments,
    _ body: (Entry) throws -> Void
  ) throws {
    let cursor = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT field, lane, seq, operation, kind, time, value FROM entries \(rows)"
      ),
      arguments: arguments
    )
    while let row = try cursor.next() {
      guard let kind = Entry.Kind(rawValue: try row.decode(atIndex: 4)) else {
        throw LogFailure.damaged("state")
      }
      try body(
        Entry(
          field: try row.decode(atIndex: 0),
          dot: try dot(
            lane: row.decode(atIndex: 1),
            seq: row.decode(atIndex: 2),
            index: row.decode(atIndex: 3)
          ),
          kind: kind,
          time: try row.decode(atIndex: 5),
          value: Array(try row.decode(atIndex: 6) as Data)
        )
      )
    }
  }

  /// Visits rows of `deletions`.
  ///
  /// - `rows`: SQL from `WHERE` on.
  func forEachDeletion(
    _ rows: String,
    _ arguments: StatementArguments,
    _ body: (Deletion) throws -> Void
  ) throws {
    let cursor = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT lane, seq, operation, covers FROM deletions \(rows)"),
      arguments: arguments
    )
    while let row = try cursor.next() {
      try body(
        Deletion(
          dot: try dot(
            lane: row.decode(atIndex: 0),
            seq: row.decode(atIndex: 1),
            index: row.decode(atIndex: 2)
          ),
          covers: try [Dot](stored: row.decode(atIndex: 3))
        )
      )
    }
  }

  /// An operation's name as a row has it.
  private func dot(lane number: Int64, seq: Int64, index: Int64) throws -> Dot {
    guard let index = UInt32(exactly: index) else { throw LogFailure.damaged("state") }
    return Dot(
      lane: try lane(number),
      seq: try UInt64(storedSeq: seq, of: "state"),
      index: index
    )
  }
}

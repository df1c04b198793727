internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// What is done with an object that may be too large to be read as a whole.
extension StateStore {
  /// The digest of an object's state.
  func digest(of id: ObjectID, number: Int64) throws -> Hash {
    do {
      return StateDigest.digest(of: id, in: try state(of: number))
    } catch ReplicaFailure.objectIsTooLarge {
      return try digestByRows(of: id, number: number)
    }
  }

  /// The same, with one row in memory at a time.
  func digestByRows(of id: ObjectID, number: Int64) throws -> Hash {
    var digest = ObjectDigest(of: id)
    digest.append(count: try count(of: "entries", number))
    try forEachEntry(
      """
      FROM entries JOIN lanes ON lanes.id = entries.lane WHERE entries.object = ?
      ORDER BY entries.field, lanes.lane, entries.seq, entries.operation
      """,
      [number]
    ) { digest.append($0) }
    digest.append(count: try count(of: "deletions", number))
    try forEachDeletion(
      """
      FROM deletions JOIN lanes ON lanes.id = deletions.lane WHERE deletions.object = ?
      ORDER BY lanes.lane, deletions.seq, deletions.operation
      """,
      [number]
    ) { digest.append($0) }
    digest.append(count: try count(of: "texts", number))
    try texts.forEach(of: number) { digest.append($0) }
    return digest.finished()
  }

  private func count(of table: String, _ object: Int64) throws -> Int {
    try Int.fetchOne(
      db.cachedStatement(sql: "SELECT count(*) FROM \(table) WHERE object = ?"),
      arguments: [object]
    ) ?? 0
  }

  /// The entry of a field that is shown, whatever else the object has; `nil` when there is none.
  func shownEntry(of field: UInt32, in object: Int64) throws -> Entry? {
    var shown: Entry?
    try forEachEntry(
      """
      FROM entries JOIN lanes ON lanes.id = entries.lane
      WHERE entries.object = ? AND entries.field = ?
      ORDER BY entries.time DESC, lanes.lane DESC, entries.seq DESC, entries.operation DESC LIMIT 1
      """,
      [object, Int64(field)]
    ) { shown = $0 }
    return shown
  }

  /// The earliest time of a field's entries, ms; `nil` when there are none.
  func earliestTime(of field: UInt32, in object: Int64) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT min(time) FROM entries WHERE object = ? AND field = ?"),
      arguments: [object, Int64(field)]
    )
  }

  /// Takes an object out of all lists.
  ///
  /// - Returns: whether it was listed.
  func unlist(_ object: Int64) throws -> Bool {
    try saveReviewItems([], number: object)
    return try ["articles", "annotations", "collections"].reduce(false) { wasListed, table in
      try db.cachedStatement(sql: "DELETE FROM \(table) WHERE object = ?")
        .execute(arguments: [object])
      return wasListed || db.changesCount > 0
    }
  }
}

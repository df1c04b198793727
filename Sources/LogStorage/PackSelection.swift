internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import SyncProtocol

/// Decides which packs of the log, and what of them, a peer lacks.
struct PackSelection {
  private enum Rule {
    case notFrom(StoreID)
    case beyond(HeldLanes)
  }

  private var rule: Rule

  init(_ selection: PackRequest.Selection, _ log: SQLiteLog) throws {
    switch selection {
    case .notFrom(let peer): rule = .notFrom(peer)
    case .beyond(let frontier):
      rule = .beyond(HeldLanes(frontier, log, tree: try log.laneTree()))
    }
  }

  /// Where in a pack, from 0, the changes are that the peer lacks, and what lies between them.
  ///
  /// - `source`: the store that brought it.
  /// Returns: `nil` where it lacks none.
  mutating func places(
    in pack: PackPlace,
    source: Data?,
    _ db: Database
  ) throws -> Range<Int64>? {
    switch rule {
    case .notFrom(let peer):
      return source.map { Array($0) } == peer.bytes ? nil : 0..<pack.count
    case .beyond(var held):
      defer { rule = .beyond(held) }
      var places: Range<Int64>?
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT lanes.lane, runs.first_seq, runs.last_seq, runs.place
            FROM runs JOIN lanes ON lanes.id = runs.lane WHERE runs.pack = ?
            """
        ),
        arguments: [pack.position]
      )
      while let row = try rows.next() {
        guard let lane = LaneID(try row.decode(atIndex: 0) as Data) else {
          throw LogFailure.damaged("log")
        }
        let (first, last, place): (Int64, Int64, Int64) = try (
          row.decode(atIndex: 1), row.decode(atIndex: 2), row.decode(atIndex: 3)
        )
        let heldSeq = Int64(clamping: try held.heldSeq(of: lane))
        guard pack.holds(firstSeq: first, lastSeq: last, place: place) else {
          throw LogFailure.damaged("log")
        }
        guard heldSeq < last else { continue }
        let begin = place + max(0, heldSeq + 1 - first)
        let end = place + last - first + 1
        places = min(begin, places?.lowerBound ?? begin)..<max(end, places?.upperBound ?? end)
      }
      return places
    }
  }
}

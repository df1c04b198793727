internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

extension Replica {
  /// Makes the current state anew from the log.
  ///
  /// - Parameter progress: called with the position reached, of how many.
  /// - Throws: `LogFailure` when the log is damaged; the state then stays as it was.
  package func rebuild(progress: (UInt64, UInt64) -> Void = { _, _ in }) throws {
    try database.write { try Self.rebuild($0, progress: progress) }
  }

  /// Makes the current state anew inside a transaction.
  static func rebuild(_ db: Database, progress: (UInt64, UInt64) -> Void) throws {
    try ReplicaSchema.dropDerived(db)
    try ReplicaSchema.createDerived(db)
    try SearchIndex.reset(db)
    let log = SQLiteLog(db)
    guard let archive = try log.genesis()?.archive else { return }
    let end = try log.end().position
    let state = StateWriter(db)
    let replay = LogReplay(archive: archive)
    var position: UInt64 = 0
    let packs = try Row.fetchCursor(db, sql: "SELECT bytes FROM packs ORDER BY position")
    while let row = try packs.next() {
      for (change, isKnown) in try replay.changes(of: Pack(Array(row[0] as Data))) {
        position += 1
        if !isKnown { try state.apply(change, at: position) }
      }
      progress(position, end)
    }
    try state.finish()
  }
}

/// Goes through a log from its beginning and verifies it once more on the way.
private final class LogReplay: LogIndex {
  private let gate: Gate
  private var heads: [ChangeID: Hash] = [:]
  private var newest: [LaneID: LaneHead] = [:]
  private var keys: [LaneID: PublicKey] = [:]

  init(archive: ArchiveID) { gate = Gate(archive: archive) }

  func head(of lane: LaneID) -> LaneHead? { newest[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { keys[lane] }
  func hash(of change: ChangeID) -> Hash? { heads[change] }

  func changes(of pack: Pack) throws -> [(Change, isKnown: Bool)] {
    let admission = try gate.admit(pack, to: self)
    for (lane, beginning) in admission.beginnings { keys[lane] = beginning.writingKey }
    for change in admission.changes {
      heads[change.id] = change.hash
      let head = newest[change.lane]
      if change.header.seq > head?.seq ?? 0 {
        newest[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
      }
    }
    return Array(zip(admission.changes, admission.isKnown)).map { ($0, isKnown: $1) }
  }
}

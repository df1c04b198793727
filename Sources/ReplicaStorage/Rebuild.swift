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

  /// Makes state and search index anew inside a transaction.
  static func rebuild(_ db: Database, progress: (UInt64, UInt64) -> Void = { _, _ in }) throws {
    try rebuildState(of: db, from: db, progress: progress)
    try SearchIndex.reset(db)
  }

  /// Makes the state anew.
  ///
  /// - `source`: the database whose packs are read; its lanes are also those of `db`.
  static func rebuildState(
    of db: Database,
    from source: Database,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws {
    let log = SQLiteLog(source)
    try ReplicaSchema.dropDerived(db)
    try ReplicaSchema.createDerived(db)
    // A copy that has only just begun has no log yet.
    guard let archive = try log.genesis()?.archive else { return }
    let end = try log.end().position
    let replay = LogReplay(archive: archive, firsts: try SQLiteLog(db).firstsOfBranches())
    let state = StateWriter(db)
    var position: UInt64 = 0
    let packs = try Row.fetchCursor(source, sql: "SELECT bytes FROM packs ORDER BY position")
    while let row = try packs.next() {
      for (change, isKnown) in try replay.changes(of: Pack(Array(row.decode(atIndex: 0) as Data))) {
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
  private let firsts: Set<Hash>
  private var hashes: [ChangeID: Hash] = [:]
  private var newest: [LaneID: LaneHead] = [:]
  private var keys: [LaneID: PublicKey] = [:]
  private var tree = LaneTree()

  /// - `firsts`: the changes that branches begin with.
  init(archive: ArchiveID, firsts: Set<Hash>) {
    gate = Gate(archive: archive)
    self.firsts = firsts
  }

  func head(of lane: LaneID) -> LaneHead? { newest[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { keys[lane] }
  func hash(of change: ChangeID) -> Hash? { hashes[change] }
  func laneTree() -> LaneTree { tree }
  func beginsBranch(_ first: Hash) -> Bool { firsts.contains(first) }

  func changes(of pack: Pack) throws -> [(Change, isKnown: Bool)] {
    let admission = try gate.admit(pack, to: self)
    // Every fork is among the lanes; a log in which there are others has lost a row.
    guard admission.splits.isEmpty else { throw LogFailure.damaged("log") }
    for branch in admission.branches { tree.insert(branch) }
    for (lane, beginning) in admission.beginnings {
      keys[tree.root(of: lane)] = beginning.writingKey
    }
    for change in admission.changes {
      hashes[change.id] = change.hash
      let head = newest[change.lane]
      if change.header.seq > head?.seq ?? 0 {
        newest[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
      }
    }
    return Array(zip(admission.changes, admission.isKnown)).map { ($0, isKnown: $1) }
  }
}

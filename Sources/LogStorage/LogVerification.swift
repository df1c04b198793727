package import ChangeLog
internal import CRDT
internal import Foundation
package import GRDB

/// Verifies the log in a file: every pack, positions without holes, the running check; and, in full,
/// every pack through the gate once more, from an empty log on.
///
/// The file is read value by value, never through ``SQLiteLog``, which trusts its tables.
package struct LogVerification {
  private let db: Database
  private let found: DamageList
  private let progress: (UInt64, UInt64) -> Void

  /// Tables that follow from the packs, and what in `packs` does.
  private static let index: [(table: String, ignoring: Set<String>)] = [
    ("packs", ["source", "bytes", "checksum"]), ("lanes", []), ("runs", []),
  ]

  /// - `db`: only read.
  /// - `progress`: called with the position reached, of how many.
  package init(
    _ db: Database,
    _ found: DamageList,
    progress: @escaping (UInt64, UInt64) -> Void
  ) {
    self.db = db
    self.found = found
    self.progress = progress
  }

  /// Opens every pack, without its signatures.
  ///
  /// - Returns: the number of changes.
  package func runQuick() throws -> UInt64 {
    try verify { _, _ in }
  }

  /// Makes the log anew in another database, all but the packs' bytes, and compares.
  ///
  /// - `model`: with the tables of a log, empty.
  /// - `apply`: is given every change that was not there before, and its position, in order, as long as
  ///   no lane is split: from there on earlier changes have other lanes than they were applied with.
  /// Returns: the number of changes, whether the log is whole (else what was applied is its
  /// beginning), and whether lanes were split.
  package func run(
    into model: Database,
    apply: (Change, UInt64) throws -> Void
  ) throws -> (changeCount: UInt64, isWhole: Bool, isSplit: Bool) {
    guard let (store, genesis) = try heading() else {
      return (try verify { _, _ in }, false, false)
    }
    try SQLiteLog(model).create(store: store, genesis: genesis)
    let intake = LogIntake(model)
    var position: UInt64 = 0
    var isWhole = true
    var isSplit = false
    let damageCount = found.damages.count
    let changeCount = try verify { pack, end in
      // What follows a pack that is damaged, or that the gate refused, would be refused for that alone.
      guard isWhole, found.damages.count == damageCount else { return }
      isWhole = false
      guard let genesis else { throw LogFailure.damaged("log: packs without a genesis record") }
      let admission = try intake.take(pack, storing: [], into: genesis.archive, from: nil)
      if !admission.splits.isEmpty { isSplit = true }
      if !isSplit {
        for (offset, change) in admission.changes.enumerated() where !admission.isKnown[offset] {
          try apply(change, position + UInt64(offset) + 1)
        }
      }
      position += UInt64(admission.changes.count)
      isWhole = true
    }
    isWhole = isWhole && found.damages.count == damageCount
    guard isWhole else { return (changeCount, false, isSplit) }
    for (table, ignoring) in Self.index {
      _ = try found.check(.index, .table(table)) {
        let comparison = try TableComparison(table, ignoring: ignoring, model: model)
        if let key = try comparison.firstDifference(db, model) {
          found.add(
            Damage(.index, .row(table, key: key), "it is not what the packs give")
          )
        }
      }
    }
    return (changeCount, true, isSplit)
  }

  /// The log's own row.
  private func heading() throws -> (StoreID, Genesis?)? {
    try found.check(.local, .table("log")) {
      guard let row = try Row.fetchOne(db, sql: "SELECT store, genesis FROM log"),
        let store = Data.fromDatabaseValue(row[0]).flatMap({ StoreID($0) })
      else { throw LogFailure.damaged("log") }
      return (store, try Data.fromDatabaseValue(row[1]).map { try Genesis(Array($0)) })
    }
  }

  private func verify(_ admit: (Pack, Int64) throws -> Void) throws -> UInt64 {
    let store = try heading()?.0
    var check = store.map { LogCheck(store: $0) }
    var end: Int64 = 0
    _ = try found.check(.log, .table("packs")) {
      let last = try Int64.fetchOne(db, sql: "SELECT max(position) FROM packs") ?? 0
      let rows = try Row.fetchCursor(
        db,
        sql: "SELECT position, count, bytes, hashes, log_check FROM packs ORDER BY position"
      )
      while let row = try rows.next() {
        let position = Int64.fromDatabaseValue(row[0]) ?? 0
        _ = try found.check(.log, .pack(position)) {
          try verify(row, at: position, after: end, &check, admit)
        }
        end = position
        progress(UInt64(clamping: position), UInt64(clamping: last))
      }
    }
    return UInt64(clamping: end)
  }

  private func verify(
    _ row: Row,
    at position: Int64,
    after end: Int64,
    _ check: inout LogCheck?,
    _ admit: (Pack, Int64) throws -> Void
  ) throws {
    func complain(_ problem: String) { found.add(Damage(.log, .pack(position), problem)) }

    let count = Int64.fromDatabaseValue(row[1]) ?? 0
    // Positions are above 0 in a log that is whole; in another one they may be any number.
    if position.subtractingReportingOverflow(end).partialValue != count {
      complain("it does not begin after position \(end), where the pack before it ends")
    }
    let hashes = Data.fromDatabaseValue(row[3]) ?? Data()
    if count < 1 || hashes.count / Hash.byteCount != Int(clamping: count) {
      complain("its hashes are not as many as its changes")
    }
    for start in stride(from: 0, to: hashes.count, by: Hash.byteCount) {
      if let hash = Hash(hashes.dropFirst(start).prefix(Hash.byteCount)) { check?.append(hash) }
    }
    let stored = Data.fromDatabaseValue(row[4]).flatMap { Hash($0) }
    if let check, check.hash != stored { complain("the log's running check does not hold there") }
    // Packs after a damaged check are judged from it on, each for itself.
    check = stored.map { LogCheck($0) }
    let pack = try Pack(Array(Data.fromDatabaseValue(row[2]) ?? Data()))
    if pack.runs.reduce(0, { $0 + Int64($1.headers.count) }) != count {
      complain("it does not hold as many changes as its row says")
    }
    try admit(pack, position)
  }
}

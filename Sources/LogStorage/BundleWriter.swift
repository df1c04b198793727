package import ChangeLog
internal import Foundation
package import GRDB
internal import SyncProtocol

/// Where a bundle begins in the log of the store that makes it.
package struct BundleBeginning: Hashable, Sendable {
  /// The packs behind this position, which is 0 or where a pack ends or ended.
  package let position: UInt64
  /// But for those that this store brought, which has them.
  package let omitted: StoreID?

  package init(position: UInt64, omitted: StoreID? = nil) {
    self.position = position
    self.omitted = omitted
  }

  /// The whole log.
  package static let log = BundleBeginning(position: 0)
}

/// Writes packs of a store's log to one file, as they lie.
///
/// The store is read in one transaction, so that a bundle is the log as it was at one moment, whoever
/// writes meanwhile. Packs are copied one at a time.
package struct BundleWriter {
  private let path: String

  /// - `path`: of a file that is not there yet, or `-` for standard output.
  package init(_ path: String) { self.path = path }

  /// Writes the bundle.
  ///
  /// - `db`: in a read transaction that lasts as long as the call.
  /// - `time`: ms since 1970-01-01 UTC.
  /// - `progress`: told how many positions of the log are behind it, of how many.
  /// Throws: ``BundleFailure``, GRDB's `DatabaseError`; no file of the name is then there.
  package func write(
    _ db: Database,
    from beginning: BundleBeginning,
    time: Int64,
    progress: (UInt64, UInt64) throws -> Void = { _, _ in }
  ) throws -> BundleHead {
    do {
      let log = SQLiteLog(db)
      let source = try beginning.omitted.flatMap { try log.localNumber(of: $0) }
      let head = try head(of: log, from: beginning, omitting: source, time: time)
      var draft = try BundleDraft(of: path)
      do {
        try draft.append(head.encoded())
        try draft.append(LogBackupSegment.preface)
        var position = head.begin.position
        try log.forEachPack(after: position, omitting: source) { delivery in
          try draft.append(LogBackupSegment.entry(delivery))
          position = delivery.position
          try progress(position - head.begin.position, head.end.position - head.begin.position)
        }
        try draft.finish()
      } catch {
        draft.abandon()
        throw error
      }
      return head
    } catch LogBackupFailure.fileSystem(let path, let code) {
      throw BundleFailure.fileSystem(path, code)
    }
  }

  private func head(
    of log: SQLiteLog,
    from beginning: BundleBeginning,
    omitting source: Int64?,
    time: Int64
  ) throws -> BundleHead {
    guard let genesis = try log.genesis() else { throw BundleFailure.empty }
    let sums = try log.sums(after: beginning.position, omitting: source)
    return BundleHead(
      genesis: genesis,
      begin: try log.cursor(at: beginning.position),
      end: try log.end(),
      frontier: try log.frontier().digest,
      omitted: beginning.omitted,
      packCount: sums.packCount,
      changeCount: sums.changeCount,
      byteCount: LogBackupSegment.preface.count
        + sums.packCount * LogBackupSegment.entryHeaderByteCount + sums.byteCount,
      time: time
    )
  }
}

extension SQLiteLog {
  /// The place in this log after a pack.
  ///
  /// - Throws: ``BundleFailure/unknownCursor`` where no run ends.
  func cursor(at position: UInt64) throws -> ChangeLog.Cursor {
    guard let check = try check(at: position) else { throw BundleFailure.unknownCursor }
    return ChangeLog.Cursor(store: try storeID(), position: position, check: check.prefix)
  }

  /// What the packs after a position come to, as ``forEachPack(after:omitting:_:)`` gives them.
  func sums(
    after position: UInt64,
    omitting source: Int64?
  ) throws -> (packCount: Int, changeCount: UInt64, byteCount: Int) {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT count(*), coalesce(sum(count), 0), coalesce(sum(length(bytes)), 0), min(position)
        FROM packs WHERE position > ?1 AND (?2 IS NULL OR source IS NOT ?2)
        """,
      arguments: [Int64(clamping: position), source]
    )
    guard let row, let first = try row.decode(atIndex: 3) as Int64? else { return (0, 0, 0) }
    var sums = (
      packCount: try row.decode(atIndex: 0) as Int,
      changeCount: try row.decode(atIndex: 1) as UInt64,
      byteCount: try row.decode(atIndex: 2) as Int
    )
    let beginning = try Row.fetchOne(
      database,
      sql: "SELECT count, length(bytes) FROM packs WHERE position = ?",
      arguments: [first]
    )
    guard let beginning else { throw LogFailure.damaged("log") }
    let pack = try PackPlace(position: first, count: beginning.decode(atIndex: 0))
    if pack.begin < Int64(clamping: position) {
      let (part, changeCount) = try delivery(of: pack, after: Int64(clamping: position))
      sums.changeCount -= UInt64(pack.count) - UInt64(changeCount)
      sums.byteCount -= try beginning.decode(atIndex: 1) - part.pack.count
    }
    return sums
  }

  /// The number that a store has in this log; `nil` for one that it does not know.
  func localNumber(of store: StoreID) throws -> Int64? {
    try Int64.fetchOne(
      database,
      sql: "SELECT id FROM stores WHERE store = ?",
      arguments: [store.bytes.blob]
    )
  }
}

internal import ChangeLog
internal import Dispatch
internal import Foundation
internal import GRDB
internal import Synchronization

/// How far a compaction came, and what it won.
package struct LogCompactionTally: Hashable, Sendable {
  /// The packs up to this position of the log were looked at.
  package fileprivate(set) var position: UInt64
  /// Whether that is the end of the log.
  package fileprivate(set) var isAtEnd = false
  package fileprivate(set) var packCount = 0
  /// Packs that were replaced by smaller ones.
  package fileprivate(set) var replacedCount = 0
  /// Packs that are damaged, and were left as they are.
  package fileprivate(set) var damagedCount = 0
  /// What the packs would be without compression, bytes.
  package fileprivate(set) var plainByteCount = 0
  /// What the packs were, bytes.
  package fileprivate(set) var byteCountBefore = 0
  /// What the packs are now, bytes.
  package fileprivate(set) var byteCount = 0
}

/// Compresses the packs of a log harder that were compressed fast, each in its place: positions,
/// cursors, hashes and the running check stay, and peers see no difference.
///
/// It can be broken off anywhere, and begun anew: which packs were compressed fast is seen from the
/// packs (``ChangeLog/Pack/recompressed(_:level:)``), so nothing is remembered in the file. The file
/// does not shrink; what becomes free in it is used before it grows again.
package struct LogCompaction: Sendable {
  /// How much of the machine it takes.
  package enum Pace: Sendable {
    /// One pack at a time, on the thread that it is called on.
    case gentle
    /// All cores.
    case full
  }

  /// zlib's best; it takes about five times as long as the fastest.
  private static let level: Int32 = 9
  /// So many packs go into a transaction, so that others get the lock soon.
  private static let batchPackCount = 8
  /// A transaction ends before a pack that would go beyond, bytes.
  private static let batchByteCount = 8 << 20

  private let database: ArchiveDatabase
  private let pace: Pace

  package init(_ database: ArchiveDatabase, _ pace: Pace) {
    self.database = database
    self.pace = pace
  }

  /// Goes through the packs after a position.
  ///
  /// - `mayGoOn`: asked before every pack.
  /// - `progress`: told after every transaction, with the position of the log's end.
  /// Throws: GRDB's `DatabaseError`; what was replaced until then stays.
  package func run(
    after position: UInt64 = 0,
    mayGoOn: @Sendable () -> Bool = { true },
    progress: (LogCompactionTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogCompactionTally {
    var tally = LogCompactionTally(position: position)
    while true {
      let (packs, end) = try packs(after: tally.position)
      if packs.isEmpty {
        tally.isAtEnd = true
        return tally
      }
      // Outside of a transaction: the file is free meanwhile.
      let looked = look(at: packs, mayGoOn)
      guard !looked.isEmpty else { return tally }
      tally.add(looked, replaced: try replace(looked))
      progress(tally, end)
    }
  }

  /// The next packs, and the position of the log's end.
  private func packs(after position: UInt64) throws -> (packs: [StoredPack], end: UInt64) {
    try database.read { db in
      var packs: [StoredPack] = []
      var byteCount = 0
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: "SELECT position, bytes FROM packs WHERE position > ? ORDER BY position LIMIT ?"
        ),
        arguments: [Int64(clamping: position), Self.batchPackCount]
      )
      while let row = try rows.next() {
        let bytes: Data = try row.decode(atIndex: 1)
        byteCount += bytes.count
        if !packs.isEmpty, byteCount > Self.batchByteCount { break }
        packs.append(StoredPack(position: try row.decode(atIndex: 0), bytes: Array(bytes)))
      }
      let end = try Int64.fetchOne(db, sql: "SELECT max(position) FROM packs") ?? 0
      return (packs, UInt64(clamping: end))
    }
  }

  /// Compresses packs, up to the first that `mayGoOn` forbids.
  private func look(at packs: [StoredPack], _ mayGoOn: @Sendable () -> Bool) -> [LookedPack] {
    let looked = Mutex<[LookedPack?]>(Array(repeating: nil, count: packs.count))
    @Sendable func look(_ place: Int) {
      guard mayGoOn() else { return }
      let result = LookedPack(packs[place], level: Self.level)
      looked.withLock { $0[place] = result }
    }
    switch pace {
    case .gentle: for place in packs.indices { look(place) }
    case .full: DispatchQueue.concurrentPerform(iterations: packs.count, execute: look)
    }
    return looked.withLock { $0.prefix { $0 != nil }.compactMap(\.self) }
  }

  /// Puts smaller packs in the place of those that they were made from.
  ///
  /// - Returns: the positions of packs that were replaced.
  private func replace(_ looked: [LookedPack]) throws -> Set<Int64> {
    guard looked.contains(where: { $0.smaller != nil }) else { return [] }
    return try database.write { db in
      var replaced: Set<Int64> = []
      for pack in looked {
        guard let smaller = pack.smaller else { continue }
        // Somebody else may have replaced it since it was read.
        try db.cachedStatement(
          sql: "UPDATE packs SET bytes = ?3 WHERE position = ?1 AND bytes = ?2"
        ).execute(arguments: [pack.stored.position, pack.stored.bytes.blob, smaller.blob])
        if db.changesCount == 1 { replaced.insert(pack.stored.position) }
      }
      return replaced
    }
  }
}

/// A pack as it was read.
private struct StoredPack: Sendable {
  let position: Int64
  let bytes: [UInt8]
}

/// A pack that was tried to be made smaller.
private struct LookedPack: Sendable {
  let stored: StoredPack
  /// `nil` where nothing is won.
  let smaller: [UInt8]?
  let isDamaged: Bool

  init(_ stored: StoredPack, level: Int32) {
    self.stored = stored
    do throws(LogFailure) {
      smaller = try Pack.recompressed(stored.bytes, level: level)
      isDamaged = false
    } catch {
      smaller = nil
      isDamaged = true
    }
  }
}

extension LogCompactionTally {
  fileprivate init(position: UInt64) { self.position = position }

  fileprivate mutating func add(_ looked: [LookedPack], replaced: Set<Int64>) {
    for pack in looked {
      let bytes = pack.stored.bytes
      let isReplaced = replaced.contains(pack.stored.position)
      position = UInt64(clamping: pack.stored.position)
      packCount += 1
      if isReplaced { replacedCount += 1 }
      if pack.isDamaged { damagedCount += 1 }
      byteCountBefore += bytes.count
      byteCount += (isReplaced ? pack.smaller : nil)?.count ?? bytes.count
      plainByteCount += Pack.declaredPlainByteCount(of: bytes) ?? bytes.count
    }
  }
}

extension LogCompactionTally: CustomStringConvertible {
  package var description: String {
    "\(replacedCount) of \(packCount) packs became smaller: \(byteCountBefore) bytes were "
      + "\(plainByteCount) before compression, and are \(byteCount) now"
  }
}

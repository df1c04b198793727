internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage
internal import SyncProtocol

/// A pack out of a damaged file that the gate has not let into the log, because something that comes
/// before it is missing.
///
/// Its changes count neither to the archive's state nor to its digest.
package struct HeldPack: Sendable {
  let id: Int64
  let source: StoreID
  package let bytes: [UInt8]
  package let spans: [RunSpan]
  /// Whether this machine wrote it.
  package let isOwn: Bool
  /// Why it waits.
  package let reason: String

  package var changeCount: Int { spans.reduce(0) { $0 + $1.count } }

  /// The changes in it, as they lie there: nothing is verified.
  ///
  /// - Throws: `LogFailure`.
  package func changes() throws -> [HeldChange] {
    try Pack(bytes).runs.flatMap { try $0.unplacedChanges() }.map(HeldChange.init)
  }
}

/// A change that waits in a ``HeldPack``.
package struct HeldChange: Sendable {
  package let id: ChangeID
  /// By the author's clock, ms.
  package let time: Int64
  /// `nil` where this version cannot read what the change does.
  package let contents: Contents?

  package struct Contents: Sendable {
    package let object: ObjectID
    package let reason: String
    package let operations: [ChangeLog.Operation?]
    /// What each operation would do.
    package let words: [String]
  }

  init(_ change: Change) {
    id = change.id
    time = change.header.time
    contents = (try? RecordedChange(change)).map {
      Contents(object: $0.object, reason: $0.reason, operations: $0.operations, words: $0.words)
    }
  }
}

extension Replica {
  /// The packs that wait, one's own first.
  package func heldPacks() throws -> [HeldPack] {
    try database.read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT id, source, bytes, is_own, reason FROM held ORDER BY is_own DESC, id"
      ).map { row in
        let bytes = Array(try row.decode(atIndex: 2) as Data)
        guard let source = StoreID(try row.decode(atIndex: 1) as Data) else {
          throw LogFailure.damaged("held pack")
        }
        return HeldPack(
          id: try row.decode(atIndex: 0),
          source: source,
          bytes: bytes,
          spans: try Pack(bytes).spans,
          isOwn: try row.decode(atIndex: 3),
          reason: try row.decode(atIndex: 4)
        )
      }
    }
  }

  /// The number of changes that wait.
  package func heldChangeCount() throws -> Int {
    try database.read { try Int.fetchOne($0, sql: "SELECT coalesce(sum(count), 0) FROM held") ?? 0 }
  }

  /// Offers the packs that wait to the gate again, and lets those go that pass.
  ///
  /// - Returns: the number of changes that have come into the log.
  @discardableResult
  package func retryHeld() throws -> Int {
    var waiting = try heldPacks()
    guard !waiting.isEmpty else { return 0 }
    try prepareToSync()
    var admitted = 0
    var hasPassed = true
    while hasPassed {
      hasPassed = false
      for held in waiting {
        switch try offer(held.bytes, from: held.source) {
        case .admitted(let count):
          // Were it killed in between, the pack would pass once more, with nothing new.
          try database.write {
            try $0.execute(sql: "DELETE FROM held WHERE id = ?", arguments: [held.id])
          }
          admitted += count
          hasPassed = true
        case .refused(let reason):
          guard reason != held.reason else { continue }
          try database.write {
            try $0.execute(
              sql: "UPDATE held SET reason = ? WHERE id = ?",
              arguments: [reason, held.id]
            )
          }
        }
      }
      waiting = try heldPacks()
    }
    try setMark()
    return admitted
  }

  /// Keeps a pack that the gate has refused.
  func hold(_ refused: SalvageIntake.Refused, from source: StoreID) throws {
    let pack = refused.pack
    let isOwn = try pack.pack.runs.contains { try self.isOwn($0.lane) }
    try database.write { db in
      try db.execute(
        sql: "INSERT INTO held (source, bytes, count, is_own, reason) VALUES (?, ?, ?, ?, ?)",
        arguments: [
          source.bytes.blob, pack.bytes.blob, pack.pack.changeCount, isOwn, refused.reason,
        ]
      )
    }
  }

  /// Whether this machine has the key that a lane was written with.
  func isOwn(_ lane: LaneID) throws -> Bool {
    // A key file that cannot be read is somebody's of this machine.
    do { return try environment.identities.writingKey(of: lane) != nil } catch { return true }
  }
}

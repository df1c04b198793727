internal import ChangeLog
internal import Foundation
internal import GRDB
internal import HubStorage
package import LogStorage
internal import SyncProtocol

/// What the repair of a hub's archive came to.
package struct HubRepairReport: Sendable {
  /// Changes that came out of the damaged file.
  package let salvagedCount: Int
  /// Changes that were readable, and wait for replicas to bring what comes before them.
  package let waitingCount: Int
  /// Changes that the file had, and that only a replica can bring again.
  package let missing: [FormerLog.Loss]
  /// Where the damaged file is.
  package let keptPath: String
}

extension SQLiteHubStorage {
  /// Makes a new file of what an archive's damaged file still has, and puts it in its place.
  ///
  /// The new file has a store id of its own. What is missing comes from replicas when they sync: they
  /// see that this store's log is another one, and send what it does not have.
  ///
  /// - Returns: `nil` when there was no more to do than to end a repair that had been broken off.
  /// - Throws: `HubStorageFailure`, `StorageFailure` (`locked` while a hub serves the archive).
  package func repair(_ name: String) throws -> HubRepairReport? {
    let path: String
    do { path = try existingFile(of: name).path } catch HubStorageFailure.repairBrokenOff {
      try FileReplacement(of: file(of: name).path).finish()
      return nil
    }
    let replacement = try FileReplacement(of: path)
    guard let salvage = PageSalvage.scan(path), let genesis = salvage.genesis else {
      throw HubStorageFailure.beyondRepair(name)
    }
    let draft = draft(of: name).path
    defer { SQLiteFile.remove(draft) }
    try SQLiteHubArchive.create(at: draft, store: SQLiteHubArchive.randomStore())
    let archive = try SQLiteHubArchive(
      path: draft,
      name: name,
      lockTimeout: lockTimeout,
      openingBudget: openingBudget
    )
    defer { try? archive.close() }
    try archive.adopt(genesis)
    var former = FormerLog(claims: salvage.lanes, end: nil)
    let source = salvage.logs.first?.store ?? SQLiteHubArchive.randomStore()
    var intake = SalvageIntake(into: archive, from: source)
    try intake.take(salvage) { former.take($0) }
    let waiting = intake.refused.flatMap(\.pack.pack.spans)
    let losses = try archive.database.read {
      try former.losses(in: SQLiteLog($0), held: waiting)
    }
    try archive.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try archive.close()
    return HubRepairReport(
      salvagedCount: intake.admittedCount,
      waitingCount: waiting.reduce(0) { $0 + $1.count },
      missing: losses.named,
      keptPath: try replacement.replace(with: draft)
    )
  }
}

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
  /// Changes that came from elsewhere.
  package let fetchedCount: Int
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
  /// The new file has a store id of its own. What is missing then comes from replicas when they sync:
  /// they see that this store's log is another one, and send what it does not have.
  ///
  /// - `other`: a file that may have what the damaged one has lost: a bundle, or another file of the
  ///   archive, a replica's or a hub's; `nil` for none.
  /// Returns: `nil` when there was no more to do than to end a repair that had been broken off.
  /// Throws: `HubStorageFailure`, `BundleFailure`, `StorageFailure` (`locked` while a hub serves the
  /// archive); everything is then as it was.
  package func repair(_ name: String, from other: String? = nil) throws -> HubRepairReport? {
    let path: String
    do { path = try existingFile(of: name).path } catch HubStorageFailure.repairBrokenOff {
      try FileReplacement(of: file(of: name).path).finish()
      return nil
    }
    let replacement = try FileReplacement(of: path)
    let others = try other.map { try OtherLog(at: $0, of: name, replacement) }
    guard let salvage = PageSalvage.scan(path), let genesis = salvage.genesis ?? others?.genesis
    else { throw HubStorageFailure.beyondRepair(name) }
    // It keeps the file open, and so its lock.
    defer { withExtendedLifetime(salvage) {} }
    let draft = replacement.makeDraftPath(folder.appending(path: ".\(name).repairing").path)
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
    if let others {
      var fetched = SalvageIntake(into: archive, from: source)
      try others.offer(to: &fetched, archive)
      try intake.retry()
      // What it builds on may be in the damaged file.
      try fetched.retry()
      try intake.retry()
    }
    // The other's identity, and nothing of this archive: it is another's.
    guard salvage.genesis != nil || intake.admittedCount > 0 else {
      throw HubStorageFailure.beyondRepair(name)
    }
    let waiting = intake.refused.flatMap(\.pack.pack.spans)
    let losses = try archive.database.read {
      try former.losses(in: SQLiteLog($0), held: waiting)
    }
    let changeCount = Int(clamping: try archive.logEnd().position)
    try archive.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try archive.close()
    return HubRepairReport(
      salvagedCount: intake.admittedCount,
      fetchedCount: changeCount - intake.admittedCount,
      waitingCount: waiting.reduce(0) { $0 + $1.count },
      missing: losses.named,
      keptPath: try replacement.replace(with: draft)
    )
  }
}

/// What a repair takes from besides the damaged file: a bundle, or another file of the archive.
private struct OtherLog {
  private enum Contents {
    case bundle(BundleReader)
    case file(PageSalvage)
  }

  private let contents: Contents
  private let path: String
  private let name: String

  /// - `name`: of the archive.
  /// Throws: `BundleFailure`, ``HubStorageFailure/nothingToTake(file:archive:)``.
  init(at path: String, of name: String, _ replacement: FileReplacement) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw BundleFailure.missing(path) }
    self.path = path
    self.name = name
    let nothing = HubStorageFailure.nothingToTake(file: path, archive: name)
    guard !replacement.isAbout(path) else { throw nothing }
    if BundleReader.isBundle(path) {
      contents = .bundle(try BundleReader(path))
    } else {
      guard let file = PageSalvage.scan(path) else { throw nothing }
      contents = .file(file)
    }
  }

  var genesis: Genesis? {
    switch contents {
    case .bundle(let bundle): bundle.head.genesis
    case .file(let file): file.genesis
    }
  }

  func offer(to intake: inout SalvageIntake, _ archive: SQLiteHubArchive) throws {
    switch contents {
    case .bundle(let bundle):
      // A damaged one, or another archive's, is found before anything of it is taken.
      _ = try archive.database.read { try bundle.survey(against: $0) }
      try intake.take(bundle)
    case .file(let file):
      guard try intake.takeOther(file) else {
        throw HubStorageFailure.nothingToTake(file: path, archive: name)
      }
    }
  }
}

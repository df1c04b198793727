package import ChangeLog
package import CRDT
package import Foundation
internal import GRDB
package import HubStorage
package import LogStorage
package import SyncProtocol
internal import Synchronization

/// A hub's archives as SQLite files in one folder, `NAME.hub` each.
package final class SQLiteHubStorage: HubStorage {
  package typealias Archive = SQLiteHubArchive

  let folder: URL
  let lockTimeout: Double
  /// One for all archives.
  let openingBudget: OpeningBudget
  private let makeStore: @Sendable () -> StoreID
  private let migrations: SchemaMigrations
  private let upgraded: @Sendable (String, SchemaUpgrade) -> Void
  private let foundForeign: @Sendable (String, SetAsideWAL) -> Void
  private let opened = Mutex<[String: SQLiteHubArchive]>([:])

  /// Uses a folder, which is made where it is missing.
  ///
  /// - `lockTimeout`: how long another process may hold an archive's lock, seconds.
  /// - `openingBudget`: of the packs that wait to be appended, to all archives together.
  /// - `upgraded`: told the name of an archive whose file was of an older version, when it is opened.
  /// - `foundForeign`: told the name of an archive beside whose file a write-ahead log lay that does not
  ///   belong to it, when it is opened.
  /// - `makeStore`: names a new store at random.
  /// Throws: what the file system says.
  package init(
    folder: URL,
    lockTimeout: Double = 10,
    openingBudget: OpeningBudget = OpeningBudget(),
    migrations: SchemaMigrations = HubMigrations.all,
    upgraded: @escaping @Sendable (String, SchemaUpgrade) -> Void = { _, _ in },
    foundForeign: @escaping @Sendable (String, SetAsideWAL) -> Void = { _, _ in },
    makeStore: @escaping @Sendable () -> StoreID = SQLiteHubArchive.randomStore
  ) throws {
    self.folder = folder
    self.lockTimeout = lockTimeout
    self.openingBudget = openingBudget
    self.makeStore = makeStore
    self.migrations = migrations
    self.upgraded = upgraded
    self.foundForeign = foundForeign
    try DurableFolder.make(folder)
  }

  package func createArchive(named name: String) throws {
    guard Genesis.isAcceptable(name: name) else {
      throw HubStorageFailure.unacceptableName(name)
    }
    let draft = draft(of: name)
    defer { SQLiteFile.remove(draft.path) }
    try SQLiteHubArchive.create(at: draft.path, store: makeStore())
    try place(draft, as: name)
  }

  /// Gives a closed file the name of an archive.
  ///
  /// - Throws: `HubStorageFailure.exists`.
  func place(_ draft: URL, as name: String) throws {
    let file = file(of: name)
    // What a removed archive of this name left behind would be read into the new one.
    if !FileManager.default.fileExists(atPath: file.path) {
      SQLiteFile.removeCompanions(of: file.path)
    }
    // A link is made whole or not at all, and never over a file that is there.
    guard link(draft.path, file.path) == 0 else {
      if errno == EEXIST { throw HubStorageFailure.exists(name) }
      throw CocoaError(.fileWriteUnknown)
    }
  }

  package func archive(named name: String) throws -> SQLiteHubArchive {
    try opened.withLock { opened in
      if let archive = opened[name] { return archive }
      let archive = try SQLiteHubArchive(
        path: try existingFile(of: name).path,
        name: name,
        lockTimeout: lockTimeout,
        openingBudget: openingBudget,
        migrations: migrations
      )
      if let setAside = archive.database.setAside { foundForeign(name, setAside) }
      if let upgrade = archive.upgrade { upgraded(name, upgrade) }
      opened[name] = archive
      return archive
    }
  }

  package func archiveNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".hub") && !$0.hasPrefix(".") }.map { String($0.dropLast(4)) }.sorted()
  }

  package func close() throws {
    for archive in opened.withLock({ $0.values }) { try archive.close() }
  }

  /// No two creators share a draft: process ids repeat across threads and containers.
  func draft(of name: String) -> URL { folder.appending(path: ".\(name).\(UUID().uuidString).new") }

  /// - Throws: `HubStorageFailure.unknown`.
  func existingFile(of name: String) throws -> URL {
    let file = file(of: name)
    guard Genesis.isAcceptable(name: name) else { throw HubStorageFailure.unknown(name) }
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw FileReplacement.isBrokenOff(at: file.path)
        ? HubStorageFailure.repairBrokenOff(name) : .unknown(name)
    }
    return file
  }

  func file(of name: String) -> URL { folder.appending(path: name + ".hub") }
}

/// One archive of a hub in a SQLite file.
package final class SQLiteHubArchive: HubArchiveStore {
  let database: ArchiveDatabase

  /// What opening an older file did to it; `nil` where there was nothing to do.
  let upgrade: SchemaUpgrade?
  private let openingBudget: OpeningBudget
  private let recent = RecentHeads()
  private let frontierMemory = FrontierMemory()

  init(
    path: String,
    name: String,
    lockTimeout: Double,
    openingBudget: OpeningBudget,
    migrations: SchemaMigrations = HubMigrations.all
  ) throws {
    self.openingBudget = openingBudget
    do {
      database = try SQLiteFile.open(path, lockTimeout: lockTimeout) {
        try Self.checkVersion($0, of: name, newest: migrations.version)
      }
      upgrade = try migrations.bringUpToDate(database, at: path)
    } catch DatabaseError.SQLITE_NOTADB {
      throw HubStorageFailure.notAnArchive(name)
    }
  }

  static func checkVersion(
    _ db: Database,
    of name: String,
    newest: Int = HubMigrations.all.version
  ) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version > 0 else { throw HubStorageFailure.notAnArchive(name) }
    guard version <= newest else { throw HubStorageFailure.newer(name) }
  }

  /// A store id that nobody else has.
  package static func randomStore() -> StoreID {
    let bytes = (0..<StoreID.byteCount).map { _ in UInt8.random(in: 0...255) }
    guard let store = StoreID(bytes) else { preconditionFailure("a store id has as many bytes") }
    return store
  }

  static func create(at path: String, store: StoreID) throws {
    let database = try SQLiteFile.open(path, lockTimeout: 1)
    try database.write { db in
      try LogSchema.create(db)
      try SQLiteLog(db).create(store: store, genesis: nil)
      try db.execute(sql: "PRAGMA user_version = \(HubMigrations.all.version)")
    }
    try SQLiteFile.closeWhole(database)
  }

  func close() throws { try database.close() }

  package func view(
    of peer: StoreID?,
    knowing cursor: ChangeLog.Cursor?,
    writing lane: LaneID?
  ) throws
    -> StoreView
  {
    try database.read {
      try SQLiteLog($0).view(
        of: peer,
        knowing: cursor,
        writing: lane,
        own: nil,
        remembering: frontierMemory
      )
    }
  }

  package func logEnd() throws -> LogEnd {
    try database.read { LogEnd(try SQLiteLog($0).end()) }
  }

  package func frontier() throws -> Frontier {
    try database.read { try SQLiteLog($0).frontier() }
  }

  package func packs(_ request: PackRequest) throws -> PackBatch {
    try database.read { try SQLiteLog($0).packs(request) }
  }

  package func open(_ packs: [PackDelivery]) -> OpenedPacks<Void> {
    OpenedPacks(packs, budget: openingBudget) { [recent] in recent.verify(&$0) }
  }

  package func append(
    group: [OpenedRequest<OpenedPacks<Void>>]
  ) throws -> [Result<AppendReceipt, any Error>] {
    try database.write { db in
      let intake = LogIntake(db)
      let results: [Result<AppendReceipt, any Error>] = try group.map { wish in
        do {
          var newChangeCount = 0
          for (place, delivery) in wish.request.packs.enumerated() {
            let pack = try wish.opened.take(place).pack
            let admission = try intake.receive(delivery, pack, from: wish.request.peer)
            newChangeCount += admission.newCount
            recent.note(admission)
          }
          return .success(AppendReceipt(newChangeCount: newChangeCount))
        } catch let failure as LogFailure {
          return .failure(failure)
        } catch let failure as PeerFailure {
          return .failure(failure)
        }
      }
      try intake.finish()
      return results
    }
  }

  package func remember(_ cursor: ChangeLog.Cursor) throws {
    try database.write { try SQLiteLog($0).settle(at: cursor) }
  }

  package func forget(_ peer: StoreID) throws {
    try database.write { try SQLiteLog($0).forget(peer) }
  }

  package func adopt(_ genesis: Genesis) throws {
    try database.write { try SQLiteLog($0).adopt(genesis) }
  }
}

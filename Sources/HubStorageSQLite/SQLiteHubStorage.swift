package import ChangeLog
package import CRDT
package import Foundation
internal import GRDB
package import HubStorage
internal import LogStorage
package import SyncProtocol
internal import Synchronization

/// A hub's archives as SQLite files in one folder, `NAME.hub` each.
package final class SQLiteHubStorage: HubStorage {
  package typealias Archive = SQLiteHubArchive

  private let folder: URL
  private let lockTimeout: Double
  private let opened = Mutex<[String: SQLiteHubArchive]>([:])

  /// Uses a folder, which is made where it is missing.
  ///
  /// - `lockTimeout`: how long another process may hold an archive's lock, seconds.
  /// Throws: what the file system says.
  package init(folder: URL, lockTimeout: Double = 10) throws {
    self.folder = folder
    self.lockTimeout = lockTimeout
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  package func createArchive(named name: String) throws {
    guard Genesis.isAcceptable(name: name) else {
      throw HubStorageFailure.unacceptableName(name)
    }
    let file = file(of: name)
    // No two creators share a draft: process ids repeat across threads and containers.
    let draft = folder.appending(path: ".\(name).\(UUID().uuidString).new")
    defer { SQLiteFile.remove(draft.path) }
    try SQLiteHubArchive.create(at: draft.path)
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
      let path = file(of: name).path
      guard Genesis.isAcceptable(name: name), FileManager.default.fileExists(atPath: path) else {
        throw HubStorageFailure.unknown(name)
      }
      let archive = try SQLiteHubArchive(path: path, name: name, lockTimeout: lockTimeout)
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

  private func file(of name: String) -> URL { folder.appending(path: name + ".hub") }
}

/// One archive of a hub in a SQLite file.
package final class SQLiteHubArchive: HubArchiveStore {
  /// The version of the file's tables, in `user_version`.
  static let schemaVersion = 1

  private let database: DatabaseQueue

  init(path: String, name: String, lockTimeout: Double) throws {
    do {
      database = try SQLiteFile.open(path, lockTimeout: lockTimeout) { db in
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version > 0 else { throw HubStorageFailure.notAnArchive(name) }
        guard version <= Self.schemaVersion else { throw HubStorageFailure.newer(name) }
      }
    } catch DatabaseError.SQLITE_NOTADB {
      throw HubStorageFailure.notAnArchive(name)
    }
  }

  static func create(at path: String) throws {
    let database = try SQLiteFile.open(path, lockTimeout: 1)
    var generator = SystemRandomNumberGenerator()
    guard
      let store = StoreID(
        (0..<StoreID.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
      )
    else { preconditionFailure("a store id has as many bytes") }
    try database.write { db in
      try LogSchema.create(db)
      try SQLiteLog(db).create(store: store, genesis: nil)
      try db.execute(sql: "PRAGMA user_version = \(schemaVersion)")
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
      try SQLiteLog($0).view(of: peer, knowing: cursor, writing: lane, own: nil)
    }
  }

  package func frontier() throws -> Frontier {
    try database.read { try SQLiteLog($0).frontier() }
  }

  package func packs(_ request: PackRequest) throws -> PackBatch {
    try database.read { try SQLiteLog($0).packs(request) }
  }

  package func append(group: [AppendRequest]) throws -> [Result<AppendReceipt, any Error>] {
    let opened = group.map { OpenedPacks($0.packs) }
    return try database.write { db in
      let log = SQLiteLog(db)
      return try zip(group, opened).map { request, opened in
        do {
          var newChangeCount = 0
          for (place, delivery) in request.packs.enumerated() {
            newChangeCount += try log.receive(
              delivery,
              opened.pack(place),
              from: request.peer
            ).newCount
          }
          return .success(AppendReceipt(newChangeCount: newChangeCount))
        } catch let failure as LogFailure {
          if case .gap = failure { try log.forget(request.peer) }
          return .failure(failure)
        } catch let failure as PeerFailure {
          return .failure(failure)
        }
      }
    }
  }

  package func remember(_ cursor: ChangeLog.Cursor) throws {
    try database.write { db in
      let log = SQLiteLog(db)
      guard try log.known(of: cursor.store) != cursor else { return }
      try log.remember(cursor)
    }
  }

  package func adopt(_ genesis: Genesis) throws {
    try database.write { try SQLiteLog($0).adopt(genesis) }
  }
}

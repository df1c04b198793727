internal import CSQLiteSettings
internal import Foundation
package import GRDB

/// How a Stet database file is opened.
package enum SQLiteFile {
  /// Opens or creates a file in WAL mode with fsync at every commit.
  ///
  /// A write-ahead log beside the file that does not belong to it is set aside first, see ``WALPairing``.
  ///
  /// - Parameters:
  ///   - path: `nil` for a database in memory.
  ///   - lockTimeout: how long another process may hold the lock, seconds.
  ///   - readOnly: whether nothing will be written through this connection.
  ///   - check: looks at the file before anything in it is touched; what it throws is thrown.
  /// - Returns: the connection to the file.
  /// - Throws: GRDB's `DatabaseError`, ``StorageFailure``.
  package static func open(
    _ path: String?,
    lockTimeout: Double,
    readOnly: Bool = false,
    check: @escaping @Sendable (Database) throws -> Void = { _ in }
  ) throws -> ArchiveDatabase {
    func connect(readOnly: Bool) throws -> DatabaseQueue {
      try Self.connect(path, lockTimeout: lockTimeout, readOnly: readOnly, check: check)
    }
    let setAside = try path.flatMap { try SetAsideWAL.setAside(beside: $0) }
    if let path, !readOnly, FileManager.default.fileExists(atPath: path + "-wal") {
      // The end of a connection that may write folds the WAL into the file, also of one that the
      // check refuses. So a connection that only reads is asked first.
      try connect(readOnly: true).close()
    }
    return ArchiveDatabase(try connect(readOnly: readOnly), path: path, setAside: setAside)
  }

  /// SQLite counts its memory under one lock for all connections, which two that work at once on two cores
  /// wait for: without, the search index takes 0.9 of the time (60,000 articles, three runs in turns).
  private static let noMemoryStatus = sqlite3_config_no_memory_status()

  /// A connection to a file beside which no foreign write-ahead log lies.
  static func connect(
    _ path: String?,
    lockTimeout: Double,
    readOnly: Bool,
    check: @escaping @Sendable (Database) throws -> Void = { _ in }
  ) throws -> DatabaseQueue {
    _ = noMemoryStatus
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(lockTimeout)
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      db.add(function: RowChecksum.function)
      try check(db)
      if !readOnly {
        // Takes hold only in a new file. 16 KiB pages halve the time of a first copy.
        try db.execute(sql: "PRAGMA page_size = 16384")
        if path != nil { try db.execute(sql: "PRAGMA journal_mode = WAL") }
        // Acknowledged means on disk.
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // Rarely in the middle of an import or copy, which write the same index pages again and again.
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
      }
      try db.execute(sql: "PRAGMA secure_delete = OFF")
      try db.execute(sql: "PRAGMA cache_size = -32000")
    }
    guard let path else { return try DatabaseQueue(configuration: configuration) }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// A database of one's own in memory, which moves to the disk as it grows, and is gone when it is
  /// closed.
  package static func scratch() throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      db.add(function: RowChecksum.function)
      try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
      try db.execute(sql: "PRAGMA page_size = 16384; PRAGMA cache_size = -64000")
    }
    // SQLite's name for a temporary file.
    return try DatabaseQueue(path: "", configuration: configuration)
  }

  /// Closes a database whose file is to be given another name without the files beside it.
  ///
  /// A close alone does not say when the disk had no room for what was in the WAL: the file would then
  /// be without it.
  /// - Throws: GRDB's `DatabaseError` when not everything is in the file; it is closed all the same.
  package static func closeWhole(_ database: ArchiveDatabase) throws {
    let result = Result {
      try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }
    try database.close()
    try result.get()
  }

  /// Removes a closed file with everything that SQLite keeps beside it.
  package static func remove(_ path: String) {
    unlink(path)
    removeCompanions(of: path)
  }

  /// Removes a closed file, and those that were to become it (`NAME.….new`), with everything that SQLite
  /// keeps beside them.
  package static func removeDrafts(of path: String) {
    remove(path)
    let file = URL(filePath: path)
    let folder = file.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names
    where name.hasPrefix(file.lastPathComponent + ".") && name.hasSuffix(".new") {
      remove(folder.appending(path: name).path)
    }
  }

  /// Removes what SQLite keeps beside a file that is not there.
  package static func removeCompanions(of path: String) {
    for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }
}

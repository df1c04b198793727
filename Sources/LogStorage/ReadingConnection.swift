internal import Dispatch
package import GRDB
internal import GRDBSQLite
internal import Synchronization

/// A second connection to an archive's file, for what is read on another core while the first one writes.
///
/// A transaction under way on the first one holds the archive's lock, so what this one reads meanwhile
/// is the state that the transaction found. It is closed before that one commits: SQLite moves the
/// write-ahead log into the file only as far as nobody reads an older state.
package final class ReadingConnection: Sendable {
  private let queue: DatabaseQueue

  fileprivate init(_ queue: DatabaseQueue) { self.queue = queue }

  /// Begins to read something, and returns.
  package func begin<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) -> PendingRead<Value> {
    let read = PendingRead<Value>()
    queue.asyncRead { db in read.finish(Result { try body(db.get()) }) }
    return read
  }

  /// Waits for what is being read, and closes the connection.
  package func close() throws { try queue.close() }
}

/// What is being read on another connection.
package final class PendingRead<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let finished = DispatchSemaphore(value: 0)

  fileprivate func finish(_ result: Result<Value, any Error>) {
    self.result.withLock { $0 = result }
    finished.signal()
  }

  /// Waits for it.
  ///
  /// - Throws: what the reading threw.
  package func value() throws -> Value {
    finished.wait()
    defer { finished.signal() }
    guard let result = result.withLock(\.self) else { preconditionFailure("nothing was read") }
    return try result.get()
  }
}

extension ArchiveDatabase {
  /// Opens a second connection to this one's file.
  ///
  /// - Parameters:
  ///   - db: of this connection.
  ///   - lockTimeout: how long another process may hold the lock, seconds.
  /// - Returns: `nil` where the file was moved, removed or replaced, and for a database in memory.
  /// - Throws: GRDB's `DatabaseError`.
  package func readingConnection(
    beside db: Database,
    lockTimeout: Double
  ) throws -> ReadingConnection? {
    guard let path, !Self.isMoved(db) else { return nil }
    let queue = try SQLiteFile.connect(path, lockTimeout: lockTimeout, readOnly: true)
    let reader = ReadingConnection(queue)
    // Asked again after the opening: who puts another file there from now on is too late.
    if Self.isMoved(db) {
      try reader.close()
      return nil
    }
    return reader
  }

  /// Whether the file was moved, removed or replaced since it was opened.
  private static func isMoved(_ db: Database) -> Bool {
    var isMoved: CInt = 0
    let result = sqlite3_file_control(
      db.sqliteConnection,
      "main",
      SQLITE_FCNTL_HAS_MOVED,
      &isMoved
    )
    return result != SQLITE_OK || isMoved != 0
  }
}

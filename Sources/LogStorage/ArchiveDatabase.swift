package import GRDB

/// The one connection to an archive's file.
///
/// Every transaction that changes something through ``write(_:)`` renews the file's ``WALPairing``.
package final class ArchiveDatabase: Sendable {
  /// The write-ahead log that lay beside the file and was none of its own; `nil` where there was none.
  package let setAside: SetAsideWAL?
  private let queue: DatabaseQueue

  init(_ queue: DatabaseQueue, setAside: SetAsideWAL? = nil) {
    self.queue = queue
    self.setAside = setAside
  }

  package func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try queue.read(body)
  }

  /// Does something in one transaction.
  package func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try queue.write { db in
      let before = db.totalChangesCount
      let result = try body(db)
      // Without a change there is no commit to wait for.
      if db.totalChangesCount != before { try WALPairing.renew(db) }
      return result
    }
  }

  /// For what makes its own transactions and renews the pairing itself, or changes nothing.
  package func writeWithoutTransaction<Result>(
    _ body: (Database) throws -> Result
  ) throws -> Result {
    try queue.writeWithoutTransaction(body)
  }

  package func close() throws { try queue.close() }
}

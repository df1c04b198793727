internal import Foundation
internal import GRDB

/// How the search index is read on beside others who write to the archive.
package struct SearchPace: Sendable {
  /// How long a transaction holds the archive's lock.
  let transactionTime: Duration

  package init(transactionTime: Duration) { self.transactionTime = transactionTime }

  /// Somebody waits for the index.
  package static let foreground = SearchPace(transactionTime: .seconds(2))
  /// Nobody does, and who writes should hardly notice: measured, a writer waits for 0.27 s at most, also
  /// where two others leave this process the least that the system gives.
  package static let background = SearchPace(transactionTime: .milliseconds(200))

  /// Lets others have the lock.
  ///
  /// Who waits for it asks again after at most 100 ms (SQLite's `sqliteDefaultBusyCallback`): between
  /// two transactions without such a gap it would find the lock taken nearly every time.
  package func giveWay() { Thread.sleep(forTimeInterval: 0.11) }
}

extension Replica {
  /// Reads the log on into the search index, in one transaction.
  ///
  /// - Returns: how far it has got.
  package func readOnSearch(at pace: SearchPace) throws -> SearchPosition {
    try database.write { db in
      let reader = try database.readingConnection(
        beside: db,
        lockTimeout: environment.lockTimeout
      )
      // From here, so that the wait for the lock does not count.
      let reading = Result {
        try SearchIndex.readOn(db, beside: reader, until: .now + pace.transactionTime)
      }
      try reader?.close()
      try reading.get()
      return try SearchPosition(db)
    }
  }

  /// Moves what is in the write-ahead log into the file, as far as that is possible without waiting.
  ///
  /// A close does that too, but not where the file was moved meanwhile (SQLite's `databaseIsUnmoved`).
  package func foldLog() throws {
    try database.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
  }

  /// Brings the search index up to the log's end.
  ///
  /// - Returns: how far that is.
  @discardableResult
  package func catchUpSearch(
    progress: (SearchPosition) -> Void = { _ in }
  ) throws -> SearchPosition {
    var position = try searchPosition()
    while position.unreadCount > 0 {
      position = try readOnSearch(at: .foreground)
      progress(position)
      if position.unreadCount > 0 { SearchPace.foreground.giveWay() }
    }
    return position
  }
}

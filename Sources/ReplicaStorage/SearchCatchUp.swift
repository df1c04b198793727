internal import Foundation
internal import GRDB

/// How the search index is read on beside others who write to the archive.
package struct SearchPace: Sendable {
  /// How long a transaction holds the archive's lock.
  let transactionTime: Duration
  /// Whether another core reads ahead of the writing.
  ///
  /// The lock is held while one waits for the other, which on a busy machine is for nothing: measured at
  /// the lowest priority beside two others on two cores, 99 of 100 waits of a writer were below 0.44 s
  /// instead of 0.36, and a third less was read.
  let readsAhead: Bool

  package init(transactionTime: Duration, readsAhead: Bool) {
    self.transactionTime = transactionTime
    self.readsAhead = readsAhead
  }

  /// Somebody waits for the index.
  ///
  /// The longer the transactions the less is written: with 4 s the index of 258,804 articles takes 0.91 of
  /// the time that it takes with 2 s, and who writes beside it waits as long.
  package static let foreground = SearchPace(transactionTime: .seconds(3), readsAhead: true)
  /// Nobody does, and who writes should hardly notice: measured, 99 of 100 waits of a writer are below
  /// 0.36 s and all below 0.6, also where two others leave this process the least that the system gives.
  package static let background = SearchPace(
    transactionTime: .milliseconds(200),
    readsAhead: false
  )

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
      let reader =
        pace.readsAhead
        ? try database.readingConnection(beside: db, lockTimeout: environment.lockTimeout) : nil
      // From here, so that the wait for the lock does not count.
      let reading = Result {
        try SearchIndex.readOn(db, beside: reader, until: .now + pace.transactionTime)
      }
      let closing = Result { try reader?.close() }
      try reading.get()
      try closing.get()
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

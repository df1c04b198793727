package import ChangeLog
internal import Foundation
internal import GRDB
package import LogStorage

/// A store to sync with, by the name the user gave it.
package struct Remote: Sendable {
  package let name: String
  package let address: String
  /// The store that answered there last time.
  package let store: StoreID?
  /// When it was last reached, ms since 1970-01-01 UTC.
  package let reached: Int64?
  /// Its clock minus this machine's, ms, as of then.
  package let clockOffset: Int64?
  /// It has everything up to this position of our log, and what it brought itself.
  package let sent: UInt64
  /// Changes that it has not got yet.
  package let unsent: Int
}

extension Replica {
  /// All remotes by name.
  package func remotes() throws -> [Remote] {
    try database.read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT name, address, reached, clock_offset, sent, store FROM remotes ORDER BY name"
      ).map { row in
        let unsent = try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM touches JOIN packs ON packs.position = (
              SELECT min(position) FROM packs WHERE position >= touches.position)
            LEFT JOIN stores ON stores.id = packs.source
            WHERE touches.position > ? AND (packs.source IS NULL OR stores.store IS NOT ?)
            """,
          arguments: [try row.decode(atIndex: 4) as Int64, try row.decode(atIndex: 5) as Data?]
        )
        return Remote(
          name: try row.decode(atIndex: 0),
          address: try row.decode(atIndex: 1),
          store: (try row.decode(atIndex: 5) as Data?).flatMap { StoreID($0) },
          reached: try row.decode(atIndex: 2),
          clockOffset: try row.decode(atIndex: 3),
          sent: UInt64(clamping: try row.decode(atIndex: 4) as Int64),
          unsent: unsent ?? 0
        )
      }
    }
  }

  /// What of the log some remote is known to have.
  package func keptElsewhere() throws -> KeptElsewhere {
    let remotes = try remotes()
    return KeptElsewhere(
      upTo: remotes.map(\.sent).max() ?? 0,
      from: Set(remotes.compactMap(\.store))
    )
  }

  /// - Throws: ``ReplicaFailure/unacceptable(_:)`` when the name is taken.
  package func addRemote(named name: String, address: String) throws {
    try database.write { db in
      guard
        try String.fetchOne(
          db,
          sql: "SELECT name FROM remotes WHERE name = ?",
          arguments: [name]
        ) == nil
      else {
        throw ReplicaFailure.unacceptable(
          "there is a remote called \(name) already: 'stet remote remove \(name)' removes it"
        )
      }
      try db.execute(
        sql: "INSERT INTO remotes (name, address) VALUES (?, ?)",
        arguments: [name, address]
      )
    }
  }

  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``.
  package func removeRemote(named name: String) throws {
    try database.write { db in
      try db.execute(sql: "DELETE FROM remotes WHERE name = ?", arguments: [name])
      guard db.changesCount == 1 else { throw ReplicaFailure.noSuchItem("remote \(name)") }
    }
  }

  /// Notes that a remote was reached.
  ///
  /// - `sent`: it has everything up to this position of our log; `nil` when that is not sure. Of a store
  ///   that was not there before nothing is.
  package func noteReached(
    remote name: String,
    store: StoreID?,
    clockOffset: Int64,
    sent: UInt64?
  ) throws {
    let now = environment.now()
    try database.write { db in
      try db.execute(
        sql: """
          UPDATE remotes SET reached = ?1, clock_offset = ?2, store = coalesce(?3, store),
            sent = coalesce(?4, iif(?3 IS NOT NULL AND store IS NOT ?3, 0, sent))
          WHERE name = ?5
          """,
        arguments: [now, clockOffset, store?.bytes.blob, sent.map(Int64.init), name]
      )
    }
  }
}

extension Remote {
  /// A store that has an address and no name.
  package init(at address: String) {
    self.init(
      name: "",
      address: address,
      store: nil,
      reached: nil,
      clockOffset: nil,
      sent: 0,
      unsent: 0
    )
  }
}

internal import GRDB
package import LogStorage

/// How files of older versions become files of this one: step *n* leads from version *n* to *n* + 1.
///
/// Steps are only ever added at the end. A step that alters a derived table leaves that to
/// `ReplicaSchema`, says `isMadeAnew`, and drops the tables that `ReplicaSchema` no longer names.
package enum ReplicaMigrations {
  package static let all = SchemaMigrations([
    // 2: which WAL belongs to the file, and when changes were received.
    SchemaMigration(state: .stays) { db in
      try WALPairing.create(db)
      try Arrivals.create(db)
      // At the latest now, by the next second of SQLite's clock.
      try db.execute(
        sql: """
          INSERT INTO arrivals (position, time)
          SELECT position, (1 + CAST(strftime('%s', 'now') AS INTEGER)) * 1000 FROM packs
          ORDER BY position DESC LIMIT 1
          """
      )
    },
    // 3: digests of objects are kept.
    SchemaMigration(state: .stays) { try Digests.createObjects($0) },
    // 4: what the edits of a text weigh, and no text beyond what one may hold.
    SchemaMigration(state: .isMadeAnew) { _ in },
  ])
}

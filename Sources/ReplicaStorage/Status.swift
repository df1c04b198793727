internal import ArchiveModel
package import ChangeLog
internal import CRDT
internal import Foundation
internal import GRDB
internal import LogStorage

/// How a replica stands.
package struct ReplicaStatus: Sendable {
  package let name: String
  package let articles: Int
  package let annotations: Int
  /// Changes that some remote has not got yet; all changes where there is no remote.
  package let unsent: Int
  /// What waits for review.
  package let conflicts: Int
  /// Lanes that wrote to the archive.
  package let replicas: Int
  /// Changes that need a newer stet.
  package let unreadable: Int
  /// Writing keys that two copies of one file wrote under.
  package let forks: [Fork]
  /// Changes out of a damaged file that wait for what comes before them.
  package let held: Int
  /// How far the search index has read.
  package let search: SearchPosition
  package let remotes: [Remote]
}

extension Replica {
  package func status() throws -> ReplicaStatus {
    let remotes = try remotes()
    let forks = try forks()
    return try database.read { db in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      return ReplicaStatus(
        name: try SQLiteLog(db).genesis()?.name ?? "",
        articles: try count("SELECT count(*) FROM articles WHERE is_live"),
        annotations: try count("SELECT count(*) FROM annotations WHERE is_live"),
        unsent: try remotes.map(\.unsent).max() ?? count("SELECT count(*) FROM touches"),
        conflicts: try count("SELECT count(*) FROM open_reviews"),
        replicas: try count("SELECT count(*) FROM lanes"),
        unreadable: try count("SELECT count(*) FROM unreadable"),
        forks: forks,
        held: try count("SELECT coalesce(sum(count), 0) FROM held"),
        search: try SearchPosition(db),
        remotes: remotes
      )
    }
  }

  /// The digest of the archive's state, computed from this replica's own.
  package func digest() throws -> Hash {
    if let digest = try database.read({ try Self.digest($0) }) { return digest }
    return try database.write { db in
      try Self.fillDigestBuckets(db)
      guard let digest = try Self.digest(db) else { throw LogFailure.damaged("state") }
      return digest
    }
  }

  /// The digest; `nil` while a bucket's is not known.
  private static func digest(_ db: Database) throws -> Hash? {
    let rows = try Row.fetchAll(
      db,
      sql: "SELECT bucket, digest FROM digest_buckets ORDER BY bucket"
    )
    var buckets: [(number: Int, digest: Hash)] = []
    for row in rows {
      guard let blob = row[1] as Data? else { return nil }
      guard let digest = Hash(blob) else { throw LogFailure.damaged("state") }
      buckets.append((row[0], digest))
    }
    return StateDigest.digest(ofBuckets: buckets)
  }

  /// The digest of what a transaction sees, also one that only reads.
  static func digest(computedFrom db: Database) throws -> Hash {
    let store = StateStore(db)
    let rows = try Row.fetchAll(
      db,
      sql: "SELECT bucket, digest FROM digest_buckets ORDER BY bucket"
    )
    return StateDigest.digest(
      ofBuckets: try rows.map { row in
        let known = (row[1] as Data?).flatMap { Hash($0) }
        return (row[0], try known ?? digest(ofBucket: row[0], db, store))
      }
    )
  }

  /// Computes the buckets that have changed since.
  static func fillDigestBuckets(_ db: Database) throws {
    let store = StateStore(db)
    let stale = try Int.fetchAll(db, sql: "SELECT bucket FROM digest_buckets WHERE digest IS NULL")
    for bucket in stale {
      let digest = try digest(ofBucket: bucket, db, store)
      try db.cachedStatement(sql: "UPDATE digest_buckets SET digest = ? WHERE bucket = ?")
        .execute(arguments: [digest.bytes.blob, bucket])
    }
  }

  private static func digest(
    ofBucket bucket: Int,
    _ db: Database,
    _ store: StateStore
  ) throws -> Hash {
    let first = [UInt8(bucket >> 4), UInt8(bucket & 15) << 4]
    let last = [first[0], first[1] | 15] + [UInt8](repeating: 255, count: 14)
    let objects = try Row.fetchAll(
      db.cachedStatement(
        sql: "SELECT id, type, object FROM objects WHERE object >= ? AND object <= ?"
      ),
      arguments: [first.blob, last.blob]
    )
    let digests = try objects.map { row in
      guard let object = ObjectID(type: row[1], bytes: row[2] as Data) else {
        throw LogFailure.damaged("state")
      }
      return (object, StateDigest.digest(of: object, in: try store.state(of: row[0])))
    }
    return StateDigest.digest(ofBucket: digests.sorted { $0.0 < $1.0 }.map(\.1))
  }
}

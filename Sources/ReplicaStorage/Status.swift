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
  package let conflicts: Int
  /// Lanes that wrote to the archive.
  package let replicas: Int
  /// Changes that need a newer stet.
  package let unreadable: Int
  package let remotes: [Remote]
}

extension Replica {
  package func status() throws -> ReplicaStatus {
    let remotes = try remotes()
    let conflicts = try conflicts().count
    return try database.read { db in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      return ReplicaStatus(
        name: try SQLiteLog(db).genesis()?.name ?? "",
        articles: try count("SELECT count(*) FROM articles WHERE is_live"),
        annotations: try count("SELECT count(*) FROM annotations WHERE is_live"),
        unsent: try remotes.map(\.unsent).max() ?? count("SELECT count(*) FROM touches"),
        conflicts: conflicts,
        replicas: try count("SELECT count(*) FROM lanes"),
        unreadable: try count("SELECT count(*) FROM unreadable"),
        remotes: remotes
      )
    }
  }

  /// The digest of the archive's state, computed from this replica's own.
  package func digest() throws -> Hash {
    let isStale = try database.read {
      try Bool.fetchOne($0, sql: "SELECT count(*) > 0 FROM digest_buckets WHERE digest IS NULL")
    }
    if isStale == true { try database.write { try Self.fillDigestBuckets($0) } }
    return try database.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT bucket, digest FROM digest_buckets WHERE digest NOT NULL ORDER BY bucket"
      )
      return StateDigest.digest(
        ofBuckets: try rows.map { row in
          guard let digest = Hash(row[1] as Data) else { throw LogFailure.damaged("state") }
          return (row[0], digest)
        }
      )
    }
  }

  /// Computes the buckets that have changed since.
  private static func fillDigestBuckets(_ db: Database) throws {
    let store = StateStore(db)
    let stale = try Int.fetchAll(db, sql: "SELECT bucket FROM digest_buckets WHERE digest IS NULL")
    for bucket in stale {
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
      let digest = StateDigest.digest(ofBucket: digests.sorted { $0.0 < $1.0 }.map(\.1))
      try db.cachedStatement(sql: "UPDATE digest_buckets SET digest = ? WHERE bucket = ?")
        .execute(arguments: [digest.bytes.blob, bucket])
    }
  }
}

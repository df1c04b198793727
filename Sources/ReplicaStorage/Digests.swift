internal import ArchiveModel
package import ChangeLog
internal import CRDT
internal import Foundation
internal import GRDB
internal import LogStorage

/// Digests of buckets and of objects, kept so that a digest costs what has changed since the last one.
enum Digests {
  static let tables = ["digest_buckets", "object_digests"]

  static func createBuckets(_ db: Database) throws {
    try db.execute(
      sql: """
        -- Digests of the buckets that hold objects; NULL where an object has changed since.
        CREATE TABLE digest_buckets (
          bucket INTEGER PRIMARY KEY,
          digest BLOB CHECK (length(digest) = 32)
        ) STRICT;
        """
    )
  }

  /// A step of the migrations: what it does is never changed.
  static func createObjects(_ db: Database) throws {
    try db.execute(
      sql: """
        -- Digests of objects; absent where the object has changed since, or nobody has asked yet. By
        -- id and not by number, so that those of a bucket lie together.
        CREATE TABLE object_digests (
          object BLOB NOT NULL CHECK (length(object) = 16),
          type INTEGER NOT NULL,
          digest BLOB NOT NULL CHECK (length(digest) = 32),
          PRIMARY KEY (object, type)
        ) STRICT, WITHOUT ROWID;
        """
    )
  }
}

extension Replica {
  /// The digest of the archive's state, computed from this replica's own.
  package func digest() throws -> Hash {
    if let digest = try database.read({ try Self.digest($0) }) { return digest }
    return try database.write { db in
      try Self.fillDigests(db)
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
        if let known = (row[1] as Data?).flatMap({ Hash($0) }) { return (row[0], known) }
        return (row[0], StateDigest.digest(ofBucket: try objects(ofBucket: row[0], db, store)))
      }
    )
  }

  /// Computes what has changed since.
  static func fillDigests(_ db: Database) throws {
    let store = StateStore(db)
    let stale = try Int.fetchAll(db, sql: "SELECT bucket FROM digest_buckets WHERE digest IS NULL")
    for bucket in stale {
      let objects = try objects(ofBucket: bucket, db, store)
      for object in objects where !object.isKept {
        try db.cachedStatement(
          sql: "INSERT OR REPLACE INTO object_digests (object, type, digest) VALUES (?, ?, ?)"
        ).execute(arguments: [object.id.bytes.blob, object.id.type, object.digest.bytes.blob])
      }
      try db.cachedStatement(sql: "UPDATE digest_buckets SET digest = ? WHERE bucket = ?")
        .execute(arguments: [StateDigest.digest(ofBucket: objects).bytes.blob, bucket])
    }
  }

  /// The objects of a bucket, in no order.
  private static func objects(
    ofBucket bucket: Int,
    _ db: Database,
    _ store: StateStore
  ) throws -> [DigestedObject] {
    let first = [UInt8(bucket >> 4), UInt8(bucket & 15) << 4]
    let last = [first[0], first[1] | 15] + [UInt8](repeating: 255, count: 14)
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT objects.id, objects.type, objects.object, object_digests.digest
          FROM objects LEFT JOIN object_digests USING (object, type)
          WHERE objects.object >= ? AND objects.object <= ?
          """
      ),
      arguments: [first.blob, last.blob]
    )
    return try rows.map { row in
      guard let id = ObjectID(type: row[1], bytes: row[2] as Data) else {
        throw LogFailure.damaged("state")
      }
      if let blob = row[3] as Data? {
        guard let digest = Hash(blob) else { throw LogFailure.damaged("state") }
        return DigestedObject(id: id, digest: digest, isKept: true)
      }
      let digest = StateDigest.digest(of: id, in: try store.state(of: row[0]))
      return DigestedObject(id: id, digest: digest, isKept: false)
    }
  }
}

/// An object, and the digest of its state.
private struct DigestedObject {
  let id: ObjectID
  let digest: Hash
  /// Whether the digest came from the table.
  let isKept: Bool
}

extension StateDigest {
  fileprivate static func digest(ofBucket objects: [DigestedObject]) -> Hash {
    digest(ofBucket: objects.sorted { $0.id < $1.id }.map(\.digest))
  }
}

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
    let buckets = try KeptBucket.all(db)
    let known = buckets.compactMap { bucket in bucket.digest.map { (bucket.number, $0) } }
    return known.count == buckets.count ? StateDigest.digest(ofBuckets: known) : nil
  }

  /// The digest of what a transaction sees, also one that only reads.
  static func digest(computedFrom db: Database) throws -> Hash {
    let store = StateStore(db)
    return StateDigest.digest(
      ofBuckets: try KeptBucket.all(db).map { bucket in
        let digest =
          try bucket.digest
          ?? StateDigest.digest(ofBucket: try objects(ofBucket: bucket.number, db, store))
        return (bucket.number, digest)
      }
    )
  }

  /// Computes what has changed since.
  static func fillDigests(_ db: Database) throws {
    let store = StateStore(db)
    for bucket in try KeptBucket.all(db) where bucket.digest == nil {
      let objects = try objects(ofBucket: bucket.number, db, store)
      for object in objects where !object.isKept {
        try db.cachedStatement(
          sql: "INSERT OR REPLACE INTO object_digests (object, type, digest) VALUES (?, ?, ?)"
        ).execute(arguments: [object.id.bytes.blob, object.id.type, object.digest.bytes.blob])
      }
      try db.cachedStatement(sql: "UPDATE digest_buckets SET digest = ? WHERE bucket = ?")
        .execute(arguments: [StateDigest.digest(ofBucket: objects).bytes.blob, bucket.number])
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
      guard
        let id = try ObjectID(type: row.decode(atIndex: 1), bytes: row.decode(atIndex: 2) as Data)
      else {
        throw LogFailure.damaged("state")
      }
      if let blob = try row.decode(atIndex: 3) as Data? {
        guard let digest = Hash(blob) else { throw LogFailure.damaged("state") }
        return DigestedObject(id: id, digest: digest, isKept: true)
      }
      let digest = try store.digest(of: id, number: row.decode(atIndex: 0))
      return DigestedObject(id: id, digest: digest, isKept: false)
    }
  }
}

/// A bucket that holds objects.
private struct KeptBucket {
  /// Below ``StateDigest/bucketCount``.
  let number: Int
  /// `nil` where an object has changed since.
  let digest: Hash?

  /// All of them, ascending.
  ///
  /// - Throws: `LogFailure.damaged`, where a row is none.
  static func all(_ db: Database) throws -> [KeptBucket] {
    var buckets: [KeptBucket] = []
    try RowScan(db, "SELECT bucket, digest FROM digest_buckets ORDER BY bucket").forEach { row in
      let (number, bytes) = (row.integer(0), row.bytes(1))
      let digest = Hash(bytes)
      guard (0..<Int64(StateDigest.bucketCount)).contains(number), bytes.isEmpty || digest != nil
      else { throw LogFailure.damaged("state") }
      buckets.append(KeptBucket(number: Int(number), digest: digest))
    }
    return buckets
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

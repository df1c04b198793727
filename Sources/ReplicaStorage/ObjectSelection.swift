internal import ArchiveModel
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

extension Replica {
  /// The annotation that an id, or the beginning of one (4 digits or more), names.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``, ``ReplicaFailure/ambiguous(_:_:)``.
  package func annotationID(_ selector: String) throws -> ObjectID {
    let found = try database.read { try Self.objectIDs(.annotation, beginningWith: selector, $0) }
    return try Self.only(found, "note \"\(selector)\"")
  }

  /// The collection that its name, its id or the beginning of that (4 digits or more) names; a deleted
  /// one goes by its id alone.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``, ``ReplicaFailure/ambiguous(_:_:)``.
  package func collectionID(_ selector: String) throws -> ObjectID {
    let found = try database.read { db in
      let named = try Data.fetchAll(
        db,
        sql: """
          SELECT objects.object FROM collections JOIN objects ON objects.id = collections.object
          WHERE name = ? AND is_live ORDER BY objects.object LIMIT 10
          """,
        arguments: [selector]
      ).compactMap { ObjectID(type: ObjectType.collection.rawValue, bytes: $0) }
      return named.isEmpty
        ? try Self.objectIDs(.collection, beginningWith: selector, db) : named
    }
    return try Self.only(found, "collection \"\(selector)\"")
  }

  static func objectIDs(
    _ type: ObjectType,
    beginningWith digits: String,
    _ db: Database
  ) throws -> [ObjectID] {
    let missing = 32 - digits.utf8.count
    guard (0...28).contains(missing),
      let low = [UInt8](hex: digits + String(repeating: "0", count: missing)),
      let high = [UInt8](hex: digits + String(repeating: "f", count: missing))
    else { return [] }
    return try Data.fetchAll(
      db,
      sql: "SELECT object FROM objects WHERE type = ? AND object >= ? AND object <= ? LIMIT 10",
      arguments: [Int64(type.rawValue), low.blob, high.blob]
    ).compactMap { ObjectID(type: type.rawValue, bytes: $0) }
  }

  private static func only(_ found: [ObjectID], _ what: String) throws -> ObjectID {
    guard let id = found.first else { throw ReplicaFailure.noSuchItem(what) }
    guard found.count == 1 else { throw ReplicaFailure.ambiguous(what, found.map(\.bytes.hex)) }
    return id
  }
}

package import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// A member of a collection as a list shows it.
package struct CollectionMember: Sendable {
  package let row: ArticleRow
  package let isDeleted: Bool
}

extension Replica {
  /// The collections that are there, by name, then id.
  package func collections() throws -> [ArticleCollection] {
    try database.read { db in
      let store = StateStore(db)
      return try Row.fetchAll(
        db,
        sql: """
          SELECT objects.id, objects.object
          FROM collections JOIN objects ON objects.id = collections.object
          WHERE is_live ORDER BY name, objects.object
          """
      ).compactMap { row in
        guard
          let id = ObjectID(
            type: ObjectType.collection.rawValue,
            bytes: try row.decode(atIndex: 1) as Data
          )
        else {
          return nil
        }
        return ArticleCollection(id: id, state: try store.state(of: row.decode(atIndex: 0)))
      }
    }
  }

  /// A collection and its articles, in order.
  package func collection(
    _ id: ObjectID
  ) throws -> (collection: ArticleCollection, members: [CollectionMember]) {
    try database.read { db in
      let store = StateStore(db)
      guard let number = try store.existingNumber(of: id) else {
        throw ReplicaFailure.noSuchItem("collection \(id.bytes.hex)")
      }
      let collection = ArticleCollection(id: id, state: try store.state(of: number))
      let members = try collection.members.compactMap { article -> CollectionMember? in
        guard let number = try store.existingNumber(of: article),
          let row = try Row.fetchOne(
            db.cachedStatement(
              sql: """
                SELECT \(ArticleRow.columns), articles.is_live
                FROM articles JOIN objects ON objects.id = articles.object WHERE objects.id = ?
                """
            ),
            arguments: [number]
          )
        else { return nil }
        return CollectionMember(
          row: try ArticleRow(row),
          isDeleted: !(try row.decode(atIndex: 10) as Bool)
        )
      }
      return (collection, members)
    }
  }
}

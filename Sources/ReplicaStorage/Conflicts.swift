internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// A register with several different live values.
package struct Conflict: Sendable {
  package let object: ObjectID
  package let field: String
  /// The article's shown headline, where the object is an article.
  package let headline: String
  /// The shown value first.
  package let values: [ConflictValue]
}

/// One of the values of a conflict.
package struct ConflictValue: Sendable {
  /// `nil`: the correction was withdrawn.
  package let text: String?
  package let author: String
  /// By the author's clock, ms.
  package let time: Int64
}

extension Replica {
  /// All fields with several different live values, by object and field.
  package func conflicts() throws -> [Conflict] {
    try database.read { db in
      let store = StateStore(db)
      let people = People(db)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT entries.object, entries.field, objects.type, objects.object, articles.headline
          FROM entries JOIN objects ON objects.id = entries.object
            LEFT JOIN articles ON articles.object = entries.object
          WHERE kind = 1 GROUP BY entries.object, entries.field HAVING count(*) > 1
          ORDER BY objects.object, objects.type, entries.field
          """
      )
      return try rows.compactMap { row in
        guard let object = ObjectID(type: row[2], bytes: row[3] as Data) else { return nil }
        let field: UInt32 = row[1]
        let values = try store.state(of: row[0]).entries(of: field).distinctValues
        guard values.count > 1 else { return nil }
        return Conflict(
          object: object,
          field: FieldName.of(field, type: object.type),
          headline: row[4] ?? "",
          values: try values.map {
            ConflictValue(
              text: RegisterValue.text($0.value),
              author: try people.name(of: $0.dot.lane),
              time: $0.time
            )
          }
        )
      }
    }
  }
}

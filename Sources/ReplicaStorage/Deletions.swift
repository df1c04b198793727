internal import ArchiveModel
internal import CRDT
package import ChangeLog

extension ReplicaWriter {
  /// Deletes an object as far as it is seen here.
  ///
  /// - Returns: the change; `nil` when it was deleted already.
  @discardableResult
  package func delete(_ object: ObjectID) throws -> ChangeID? {
    guard let state = try state(of: object) else {
      throw ReplicaFailure.noSuchItem("item \(object.bytes.hex)")
    }
    guard state.isLive else { return nil }
    return try append(
      [Operation(field: 0, kind: .delete, names: state.dotsToCover)],
      on: object,
      as: Self.changeClass(of: object)
    )
  }

  /// Lifts the deletions of an object that are seen here.
  ///
  /// - Returns: the change; `nil` when no deletion stands.
  @discardableResult
  package func restore(_ object: ObjectID) throws -> ChangeID? {
    guard let state = try state(of: object) else {
      throw ReplicaFailure.noSuchItem("item \(object.bytes.hex)")
    }
    guard !state.deletions.isEmpty else { return nil }
    return try append(
      [Operation(field: 0, kind: .restore, names: state.deletions.map(\.dot))],
      on: object,
      as: Self.changeClass(of: object)
    )
  }

  private static func changeClass(of object: ObjectID) -> ChangeHeader.Class {
    object.type == ObjectType.annotation.rawValue ? .annotate : .edit
  }
}

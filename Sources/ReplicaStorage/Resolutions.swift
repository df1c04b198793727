internal import ArchiveModel
internal import CRDT
internal import ChangeLog

/// How to settle something on the review list.
package enum Resolution: Sendable {
  /// The value number so much of a conflict, as the list counts them, from 1.
  case take(Int)
  /// Another value; `nil` withdraws the correction.
  case value(String?)
  /// It may stand as it is.
  case reviewed
  /// A deleted object that somebody wrote to stays.
  case keep
  /// It goes, with what was written.
  case delete
}

extension ReplicaWriter {
  /// Settles something on the review list by an operation like any other.
  ///
  /// - Throws: ``ReplicaFailure/unacceptable(_:)`` when the resolution does not fit the item.
  package func resolve(_ review: OpenReview, by resolution: Resolution) throws {
    let id = review.item.id.bytes.hex.prefix(8)
    guard let state = try state(of: review.object) else {
      throw ReplicaFailure.noSuchItem("item \(id)")
    }
    switch (review.item, resolution) {
    case (.conflict(let field, let values), .take(let number)):
      guard values.indices.contains(number - 1) else {
        throw ReplicaFailure.unacceptable(
          "\(id) has \(values.count) values: take 1…\(values.count)"
        )
      }
      try write(values[number - 1].value, to: field, of: review.object, state)
    case (.conflict(let field, let values), .reviewed):
      guard let shown = values.first else { return }
      try write(shown.value, to: field, of: review.object, state)
    case (.conflict(let field, _), .value(let text)):
      guard FieldName.holdsText(field, type: review.object.type) else {
        throw ReplicaFailure.unacceptable("\(id) is no text: choose a value with --take")
      }
      try write(RegisterValue.body(text), to: field, of: review.object, state)
    case (.deletion, .keep):
      try append(
        [Operation(field: 0, kind: .restore, names: state.deletions.map(\.dot))],
        on: review.object,
        as: .edit
      )
    case (.deletion, .delete):
      try append(
        [Operation(field: 0, kind: .delete, names: state.dotsToCover)],
        on: review.object,
        as: .edit
      )
    case (.deletion, .reviewed), (.seam, .reviewed):
      try append([Review(of: review.item.dots).operation], on: review.object, as: .edit)
    case (.deletion, _):
      throw ReplicaFailure.unacceptable("\(id) met a deletion: --keep, --delete or --reviewed")
    case (.seam, _):
      throw ReplicaFailure.unacceptable(
        "\(id) is a passage where edits met: edit the text if it needs it, then --reviewed"
      )
    case (.conflict, .keep), (.conflict, .delete):
      throw ReplicaFailure.unacceptable("\(id) is a conflict: --take, --value or --reviewed")
    }
  }

  private func write(
    _ value: [UInt8],
    to field: UInt32,
    of object: ObjectID,
    _ state: ObjectState
  ) throws {
    try append(
      [
        Operation(
          field: field,
          kind: .write,
          names: state.entries(of: field).filter { $0.kind == .write }.map(\.dot),
          body: value
        )
      ],
      on: object,
      as: .edit
    )
  }
}

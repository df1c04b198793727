package import CRDT
package import ChangeLog

/// A collection as it is shown: articles that belong together, in an order.
///
/// Normative: `Protocol/merge.md`, *Collections*.
package struct ArticleCollection: Sendable {
  package let id: ObjectID
  /// Whether it is there, or deleted.
  package let isLive: Bool
  package let name: String
  /// Articles, in the order that is shown.
  package let members: [ObjectID]
  /// What there is of it and is not shown.
  package let omissions: [Omission]

  package init(id: ObjectID, state: ObjectState) {
    self.id = id
    isLive = state.isLive
    let names = state.entries(of: CollectionField.name.rawValue)
    name = names.shown.flatMap { RegisterValue.text($0.value) } ?? ""
    let added = Self.added(state)
    let order =
      state.entries(of: CollectionField.order.rawValue).shown
      .flatMap { [ObjectID](articles: $0.value) } ?? []
    members = Self.arranged(added, by: order)
    omissions = Omission.all(of: id, in: state)
  }

  /// The members by the (time, dot) of the earliest add of each that is live.
  private static func added(_ state: ObjectState) -> [ObjectID] {
    let adds = state.entries(of: CollectionField.members.rawValue)
      .sorted { ($0.time, $0.dot) < ($1.time, $1.dot) }
    var seen: Set<ObjectID> = []
    return adds.compactMap { ObjectID(type: ObjectType.article.rawValue, bytes: $0.value) }
      .filter { seen.insert($0).inserted }
  }

  /// First those that the order names, then the others as they stand.
  private static func arranged(_ members: [ObjectID], by order: [ObjectID]) -> [ObjectID] {
    var left = Set(members)
    return order.filter { left.remove($0) != nil } + members.filter { left.contains($0) }
  }

  /// The shortest order that shows the members in this sequence.
  ///
  /// Example: members were added as a, b, c, d, and b is moved to the front: the order is "b", because
  /// the others follow as they were added.
  /// - `sequence`: all members, each once.
  package static func order(showing sequence: [ObjectID], in state: ObjectState) -> [ObjectID] {
    let added = added(state)
    let places = Dictionary(uniqueKeysWithValues: zip(added, added.indices))
    var count = sequence.count
    var next = Int.max
    while count > 0, let place = places[sequence[count - 1]], place < next {
      next = place
      count -= 1
    }
    return Array(sequence.prefix(count))
  }
}

extension [ObjectID] {
  /// Reads the ids of articles, 16 bytes each; `nil` when the length is off.
  package init?(articles bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: ObjectID.byteCount) else { return nil }
    self = stride(from: 0, to: bytes.count, by: ObjectID.byteCount).compactMap {
      ObjectID(
        type: ObjectType.article.rawValue,
        bytes: bytes[$0..<($0 + ObjectID.byteCount)]
      )
    }
  }
}

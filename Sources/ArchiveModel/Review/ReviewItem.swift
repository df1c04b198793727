package import CRDT
package import ChangeLog

/// What a person should look at, because the merge could only choose, or could not ask.
package enum ReviewItem: Sendable {
  /// A register with several different live values, the shown one first.
  case conflict(field: UInt32, values: [Entry])
  /// Something was written to a deleted object that the deletion had not seen, so that it lives.
  case deletion(deletions: [Deletion], survivors: [Dot])
  /// A passage of a text where edits met.
  case seam(text: TextID, Seam)

  /// The operations that met, ascending.
  package var dots: [Dot] {
    switch self {
    case .conflict(_, let values): values.map(\.dot).sorted()
    case .deletion(let deletions, let survivors): (deletions.map(\.dot) + survivors).sorted()
    case .seam(_, let seam): seam.edits
    }
  }

  /// What people name it by: the SHA-256 of ``dots``, the same everywhere.
  package var id: Hash { Review(of: dots).id }

  /// Whether nothing in an object can wait for review, which is quick to see.
  package static func hasNothing(_ object: ObjectState) -> Bool {
    object.deletions.isEmpty && !object.texts.contains(where: \.isBranched)
      && zip(object.entries, object.entries.dropFirst()).allSatisfy {
        $0.field != $1.field || $0.kind != .write || $1.kind != .write
      }
  }

  /// What waits for review in an object, in an order that is the same everywhere: conflicts by field,
  /// a deletion, seams by text and place.
  ///
  /// - `seams`: of a text that has edits which had not seen each other.
  /// Throws: what `seams` throws.
  package static func all<Failure: Error>(
    of object: ObjectState,
    seams: (TextState) throws(Failure) -> [Seam]
  ) throws(Failure) -> [ReviewItem] {
    let reviews = Review.all(of: object)
    var items = conflicts(of: object) + deletion(of: object, reviews)
    for text in object.texts where text.isBranched {
      for seam in try seams(text) where !reviews.cover(seam.edits) {
        items.append(.seam(text: text.id, seam))
      }
    }
    return items
  }

  /// The ids of what waits for review, in the same order.
  ///
  /// - `meetings`: the edits that met at each seam of a text, which is quicker to know than the seams.
  /// Throws: what `meetings` throws.
  package static func ids<Failure: Error>(
    of object: ObjectState,
    meetings: (TextState) throws(Failure) -> [[Dot]]
  ) throws(Failure) -> [Hash] {
    let reviews = Review.all(of: object)
    var ids = (conflicts(of: object) + deletion(of: object, reviews)).map(\.id)
    for text in object.texts where text.isBranched {
      ids += try meetings(text).filter { !reviews.cover($0) }.map { Review(of: $0).id }
    }
    return ids
  }

  private static func conflicts(of object: ObjectState) -> [ReviewItem] {
    let writes = Dictionary(grouping: object.entries.filter { $0.kind == .write }, by: \.field)
    return writes.sorted { $0.key < $1.key }.compactMap { field, entries in
      let values = entries.distinctValues
      return values.count > 1 ? .conflict(field: field, values: values) : nil
    }
  }

  private static func deletion(of object: ObjectState, _ reviews: [Review]) -> [ReviewItem] {
    guard !object.deletions.isEmpty, object.isLive else { return [] }
    let item = ReviewItem.deletion(
      deletions: object.deletions,
      survivors: object.survivors.sorted()
    )
    return reviews.cover(item.dots) ? [] : [item]
  }
}

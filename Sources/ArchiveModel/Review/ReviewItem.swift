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

  /// What waits for review in an object, in an order that is the same everywhere: conflicts by field,
  /// a deletion, seams by text and place.
  ///
  /// - `seams`: of a text that has edits which had not seen each other.
  /// Throws: what `seams` throws.
  package static func all<Failure: Error>(
    of object: ObjectState,
    seams: (TextState) throws(Failure) -> [Seam]
  ) throws(Failure) -> [ReviewItem] {
    let reviews = object.entries(of: Review.field).compactMap { Review($0.value) }
    func isCovered(_ item: ReviewItem) -> Bool {
      reviews.contains { Set($0.dots).isSuperset(of: item.dots) }
    }
    var items: [ReviewItem] = []
    let fields = Set(object.entries.lazy.filter { $0.kind == .write }.map(\.field)).sorted()
    for field in fields {
      let values = object.entries(of: field).filter { $0.kind == .write }.distinctValues
      if values.count > 1 { items.append(.conflict(field: field, values: values)) }
    }
    if !object.deletions.isEmpty, object.isLive {
      let covered = Set(object.deletions.flatMap(\.covers))
      let deletions = Set(object.deletions.map(\.dot))
      // A review of the deletion comes after it, and is not what met it.
      let answers = object.entries(of: Review.field).filter { entry in
        Review(entry.value)?.dots.contains(where: deletions.contains) ?? false
      }.map(\.dot)
      let survivors = object.dotsToCover.filter { !covered.contains($0) && !answers.contains($0) }
        .sorted()
      let item = ReviewItem.deletion(deletions: object.deletions, survivors: survivors)
      if !isCovered(item) { items.append(item) }
    }
    for text in object.texts where text.isBranched {
      for seam in try seams(text) where !seam.isCovered(by: reviews) {
        items.append(.seam(text: text.id, seam))
      }
    }
    return items
  }
}

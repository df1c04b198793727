internal import CRDT

/// One insertion of a scalar.
struct UndoneScalar {
  let scalar: Unicode.Scalar
  let inserted: ScalarOrigin
  let identity: ScalarOrigin
  /// The place in the history of the edit that inserted it; -1: the base.
  let editPlace: Int
  let deletions: SharedDots

  /// Whether it brings back a scalar that was there before.
  var isAgain: Bool { identity != inserted }
  /// Whether it is in the text.
  var isPresent: Bool { deletions.isEmpty }

  static func scalars(of span: TextSpan, _ places: [Dot: Int]) -> [UndoneScalar] {
    span.text.unicodeScalars.enumerated().map { offset, scalar in
      UndoneScalar(
        scalar: scalar,
        inserted: span.inserted.advanced(by: offset),
        identity: span.identity.advanced(by: offset),
        editPlace: span.inserted.edit.flatMap { places[$0] } ?? -1,
        deletions: span.deletions
      )
    }
  }
}

/// The order in which scalars stood when they were first written.
///
/// An insertion goes in front of deleted scalars at its place. So of two words deleted one after the
/// other, the one that is brought back first stands in front of where both were:
///
///     ‹one› ‹two›        deleted, in this order
///     two ‹one› ‹two›    the second brought back: the first would now come after it
///
/// Here what was brought back stands where it first stood, and with it what was written behind it
/// since.
enum ScalarOrder {
  /// The places of the items in that order.
  ///
  /// - `items`: in document order.
  static func original(_ items: [UndoneScalar]) -> [Int] {
    guard items.contains(where: \.isAgain) else { return Array(items.indices) }
    var first: [ScalarOrigin: Int] = [:]
    for (place, item) in items.enumerated() where !item.isAgain { first[item.identity] = place }
    // Moved behind the first insertion of the same scalar.
    var moved: [Int: [Int]] = [:]
    var staying: [Int] = []
    var leader: (home: Int, editPlace: Int)?
    for (place, item) in items.enumerated() {
      if item.isAgain, let home = first[item.identity] {
        leader = (home, item.editPlace)
      } else if let known = leader, item.editPlace <= known.editPlace {
        leader = nil
      }
      if let leader { moved[leader.home, default: []].append(place) } else { staying.append(place) }
    }
    var order: [Int] = []
    order.reserveCapacity(items.count)
    var open = Array(staying.reversed())
    while let place = open.popLast() {
      order.append(place)
      open += (moved[place] ?? []).reversed()
    }
    return order
  }
}

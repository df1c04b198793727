/// Dots, ascending, that share memory with other such lists of one text.
///
/// One passage may have been deleted by any number of edits, and so may its neighbour, by nearly the same
/// ones: lists of their own would take the product.
package struct SharedDots: Hashable, Sendable {
  /// All that the lists of a text are made of.
  package final class Pool: Sendable {
    /// Ascending.
    let dots: [Dot]
    /// Sets of places in `dots`.
    package let sets: SharedSets
    /// Whether other places are other dots, as they are but in damaged histories.
    let isDistinct: Bool

    init(_ dots: [Dot], _ sets: SharedSets) {
      self.dots = dots
      self.sets = sets
      isDistinct = zip(dots, dots.dropFirst()).allSatisfy { $0 < $1 }
    }
  }

  private static let emptyPool = Pool([], SharedSets())

  package let pool: Pool
  private let places: SharedSets.Number

  init(_ places: SharedSets.Number, of pool: Pool) {
    self.pool = pool
    self.places = places
  }

  package init(_ dots: [Dot]) {
    var sets = SharedSets()
    places = dots.isEmpty ? 0 : sets.insert([0..<dots.count])
    pool = dots.isEmpty ? Self.emptyPool : Pool(dots.sorted(), sets)
  }

  package var isEmpty: Bool { places == 0 }

  package static func == (left: Self, right: Self) -> Bool {
    left.pool === right.pool && left.pool.isDistinct
      ? left.places == right.places : left.elementsEqual(right)
  }

  package func hash(into hasher: inout Hasher) {
    for dot in self { hasher.combine(dot) }
  }
}

extension SharedDots: Sequence {
  /// Takes memory for the list, as long as the iterator is there.
  package func makeIterator() -> IndexingIterator<[Dot]> {
    pool.sets.ranges(of: places, in: 0..<pool.dots.count).flatMap { pool.dots[$0] }.makeIterator()
  }
}

extension SharedDots: ExpressibleByArrayLiteral {
  package init(arrayLiteral dots: Dot...) { self.init(dots) }
}

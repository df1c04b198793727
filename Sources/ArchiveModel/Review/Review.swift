package import CRDT
package import ChangeLog

/// Somebody looked at operations that met, and let the result stand.
///
/// An element of the set `reviews`, which objects of every type have: the dots of those operations,
/// ascending, 28 bytes each. The operation names them too, so that whoever has the review has them.
/// A review covers what met as long as no other operation joins it. A reader takes the dots in any
/// order, and does not look at the names.
package struct Review: Hashable, Sendable {
  /// The field's number in every type of object.
  package static let field = ObjectState.reviewField

  /// Ascending.
  package let dots: [Dot]

  package init(of dots: some Sequence<Dot>) { self.dots = Set(dots).sorted() }

  /// Reads an element; `nil` when it is none.
  package init?(_ element: [UInt8]) {
    guard let dots = [Dot](concatenated: element), !dots.isEmpty else { return nil }
    self.init(of: dots)
  }

  /// What people name it by: the SHA-256 of its dots.
  package var id: Hash { Hash(of: dots.bytes) }

  /// The operation that records it.
  package var operation: Operation {
    Operation(field: Self.field, kind: .add, names: dots, body: dots.bytes)
  }

  /// The live reviews of an object.
  package static func all(of object: ObjectState) -> [Review] {
    object.entries(of: field).filter { $0.kind == .add }.compactMap { Review($0.value) }
  }
}

extension [Review] {
  /// Whether one of them is about all of these.
  package func cover(_ dots: [Dot]) -> Bool {
    contains { review in Set(review.dots).isSuperset(of: dots) }
  }
}

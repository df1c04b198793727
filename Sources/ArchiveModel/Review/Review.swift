package import CRDT
package import ChangeLog

/// Somebody looked at operations that met, and let the result stand.
///
/// An element of the set `reviews`, which objects of every type have: the dots of those operations,
/// ascending, 28 bytes each. The operation names them too, so that whoever has the review has them.
/// A review covers what met as long as no other operation joins it.
package struct Review: Hashable, Sendable {
  /// The field's number in every type of object.
  package static let field: UInt32 = 40

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
}

package import CRDT

/// The envelope that every operation has, whatever its field means, so that a program which does
/// not know the field can keep, merge and pass it on.
package struct Operation: Hashable, Sendable {
  /// How the operation merges.
  ///
  /// The numbers stand in changes; others come from newer programs.
  package enum Kind: UInt32, Sendable {
    case write = 1
    case add = 2
    case remove = 3
    case edit = 4
    case delete = 5
    case restore = 6
  }

  package let field: UInt32
  package let kind: UInt32
  /// Dots of earlier operations: those that are replaced, removed, edited upon or referred to.
  package let names: [Dot]
  package let body: [UInt8]

  package init(field: UInt32, kind: Kind, names: [Dot] = [], body: [UInt8] = []) {
    self.init(field: field, rawKind: kind.rawValue, names: names, body: body)
  }

  /// An operation as it came, its kind possibly unknown.
  package init(field: UInt32, rawKind: UInt32, names: [Dot], body: [UInt8]) {
    self.field = field
    kind = rawKind
    self.names = names
    self.body = body
  }

  /// Whether this version knows how it merges.
  package var isOfKnownKind: Bool { Kind(rawValue: kind) != nil }
}

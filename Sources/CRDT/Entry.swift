/// A live write of a register or a live add of a set.
package struct Entry: Hashable, Sendable {
  /// The numbers stand in stored state.
  package enum Kind: UInt8, Sendable {
    case write = 1
    case add = 2
  }

  package let field: UInt32
  package let dot: Dot
  package let kind: Kind
  /// The author's clock, ms.
  ///
  /// Picks which of several concurrent values is shown first, never more.
  package let time: Int64
  package let value: [UInt8]

  package init(field: UInt32, dot: Dot, kind: Kind, time: Int64, value: [UInt8]) {
    self.field = field
    self.dot = dot
    self.kind = kind
    self.time = time
    self.value = value
  }

  /// Where the entry stands within its object.
  var key: Key { Key(field: field, dot: dot) }

  struct Key: Comparable {
    let field: UInt32
    let dot: Dot

    static func < (left: Self, right: Self) -> Bool {
      left.field == right.field ? left.dot < right.dot : left.field < right.field
    }
  }
}

extension Collection<Entry> {
  /// The entry that is shown of several concurrent ones: the greatest (time, lane, seq, index).
  package var shown: Entry? {
    self.max { ($0.time, $0.dot) < ($1.time, $1.dot) }
  }

  /// The different values, the shown one first, then by descending (time, dot).
  package var distinctValues: [Entry] {
    var seen = Set<[UInt8]>()
    return sorted { ($0.time, $0.dot) > ($1.time, $1.dot) }
      .filter { seen.insert($0.value).inserted }
  }
}

/// A deletion that stands.
package struct Deletion: Hashable, Sendable {
  package let dot: Dot
  /// Writes, adds and text heads of the object that the deletion saw, ascending.
  package let covers: [Dot]

  package init(dot: Dot, covers: [Dot]) {
    self.dot = dot
    self.covers = covers
  }
}

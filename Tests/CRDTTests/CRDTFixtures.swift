import CRDT
import RevisionReplay

extension Dot {
  /// The first operation of an author's change.
  static func of(_ author: UInt8, _ seq: UInt64, index: UInt32 = 0) -> Dot {
    Dot(lane: .author(author), seq: seq, index: index)
  }
}

extension TextID {
  static let note = TextID(field: 3)
}

extension EditedText {
  /// A text after these edits, which come one by one in this order.
  init(_ edits: [TextEdit], base: String) {
    self.init(base: base)
    for edit in edits { apply([edit]) }
  }
}

/// A text as its scalars: `String` compares by canonical equivalence, the merge by scalars.
func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

/// Every order of a few things.
func permutations<Element>(of elements: [Element]) -> [[Element]] {
  guard !elements.isEmpty else { return [[]] }
  return elements.indices.flatMap { place in
    var rest = elements
    let first = rest.remove(at: place)
    return permutations(of: rest).map { [first] + $0 }
  }
}

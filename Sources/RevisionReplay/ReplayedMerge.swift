package import ArchiveModel
package import CRDT

/// Two replicas that both have a text, edit it offline, and then take in each other's edit.
package struct ReplayedMerge: Sendable {
  package let base: String
  /// The left replica's edit and the right one's.
  package let edits: [TextEdit]
  /// The text of the left replica: its own edit, then the other's.
  package let leftFirst: TextState
  /// The text of the right replica: its own edit, then the other's.
  package let rightFirst: TextState

  /// The edits are the differences from `base` to `left` and to `right`.
  package init(base: String, left: String, right: String) {
    self.base = base
    edits = zip([1, 2] as [UInt8], [left, right]).map { author, text in
      TextEdit(
        dot: Dot(lane: .author(author), seq: 1, index: 0),
        parents: [],
        hunks: TextDifference(from: base, to: text).hunks
      )
    }
    leftFirst = Self.text(base, edits)
    rightFirst = Self.text(base, edits.reversed())
  }

  private static func text(_ base: String, _ edits: [TextEdit]) -> TextState {
    var text = TextState(id: TextID(field: 1), base: base)
    var stored: [TextEdit] = []
    for edit in edits { stored += text.merge([edit], onto: stored) { base } }
    return text
  }

  /// The passages where the two edits met.
  package var seams: [Seam] { SeamFinder.seams(of: TextHistory(base: base, edits: edits)) }

  /// How a merged text compares with what people kept.
  package enum Verdict: String, CaseIterable, Sendable {
    /// Scalar for scalar.
    case equal
    /// All words that the people kept, in their order, and more.
    case superset
    case different
  }

  /// Compares the merged text, which both replicas have, with what people kept.
  package func verdict(_ kept: String) -> Verdict {
    let merged = leftFirst.content
    if merged.unicodeScalars.elementsEqual(kept.unicodeScalars) { return .equal }
    var words = Self.words(merged)[...]
    for word in Self.words(kept) {
      guard let place = words.firstIndex(of: word) else { return .different }
      words = words[(place + 1)...]
    }
    return .superset
  }

  /// As UTF-8: `String` would compare by canonical equivalence.
  private static func words(_ text: String) -> [[UInt8]] {
    text.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map(Array.init)
  }
}

extension LaneID {
  /// The lane of an author in a replay: 16 times one byte.
  package static func author(_ number: UInt8) -> LaneID {
    guard let lane = LaneID(repeatElement(number, count: byteCount)) else {
      preconditionFailure("16 bytes are a lane id")
    }
    return lane
  }
}

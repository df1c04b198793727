package import CRDT

/// Whose the scalars of a body are, block by block.
package struct TextBlame: Sendable {
  /// A block of the body.
  package struct Block: Sendable {
    package let text: String
    /// How many of its scalars each edit wrote, the most first; no edit: they stood in the version.
    package let shares: [Share]
    /// The last edit that wrote or deleted something of what the block was; `nil`: none ever did.
    package let newest: Dot?
  }

  package struct Share: Sendable {
    package let edit: Dot?
    package let scalarCount: Int
  }

  package let blocks: [Block]

  /// A body that nobody edited.
  package init(unedited body: String) {
    blocks = Body.paragraphs(of: body).map {
      Block(
        text: $0,
        shares: [Share(edit: nil, scalarCount: $0.unicodeScalars.count)],
        newest: nil
      )
    }
  }

  /// - `isUndo`: whether an edit is an undo; what it deletes or brings back is not its own.
  package init(of history: TextHistory, isUndo: (Dot) -> Bool) {
    let text = Self.text(of: history, isUndo: isUndo)
    var places: [Dot: Int] = [:]
    for (place, edit) in history.edits.enumerated() { places[edit.dot] = place }
    /// The version's own text comes before all edits.
    func place(of edit: Dot?) -> Int { edit.flatMap { places[$0] } ?? -1 }
    blocks = Body.ranges(ofBlocksIn: text.scalars).map { range in
      var counts: [Dot?: Int] = [:]
      for writer in text.writers[range] { counts[writer, default: 0] += 1 }
      let shares = counts.map { Share(edit: $0.key, scalarCount: $0.value) }
      let cuts = text.cuts.filter { range.lowerBound < $0.place && $0.place < range.upperBound }
      let touching = counts.keys.compactMap(\.self) + cuts.map(\.edit)
      return Block(
        text: Self.string(text.scalars[range]),
        shares: shares.sorted {
          $0.scalarCount == $1.scalarCount
            ? place(of: $0.edit) < place(of: $1.edit) : $0.scalarCount > $1.scalarCount
        },
        newest: touching.max { place(of: $0) < place(of: $1) }
      )
    }
  }

  private struct WrittenText {
    var scalars: [Unicode.Scalar] = []
    /// Who wrote each scalar.
    var writers: [Dot?] = []
    /// Where scalars were deleted that did not come back, and by which edit.
    var cuts: [(place: Int, edit: Dot)] = []
  }

  private static func text(of history: TextHistory, isUndo: (Dot) -> Bool) -> WrittenText {
    let spans = history.spans
    var present: Set<ScalarOrigin> = []
    for span in spans where !span.isDeleted && span.identity != span.inserted {
      for offset in 0..<span.text.unicodeScalars.count {
        present.insert(span.identity.advanced(by: offset))
      }
    }
    var text = WrittenText()
    for span in spans {
      let scalars = Array(span.text.unicodeScalars)
      if !span.isDeleted {
        text.scalars += scalars
        text.writers += Array(repeating: span.identity.edit, count: scalars.count)
      } else if !scalars.indices.allSatisfy({
        present.contains(span.identity.advanced(by: $0))
      }) {
        for edit in span.deletions where !isUndo(edit) {
          text.cuts.append((text.scalars.count, edit))
        }
      }
    }
    return text
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

/// A difference of two texts for people to read: whole words, kept, removed or added.
///
///     The [-cat-]{+dog+} sat.
package struct WordDifference: Sendable {
  /// Some words in a row.
  package struct Piece: Hashable, Sendable {
    package enum Fate: Hashable, Sendable {
      case kept
      case removed
      case added
    }

    package let fate: Fate
    package let text: String

    package init(_ fate: Fate, _ text: String) {
      self.fate = fate
      self.text = text
    }
  }

  /// Blocks in a row in which something changed, whole.
  package struct Passage: Hashable, Sendable {
    /// The number of the first block in the new text, from 1.
    ///
    /// A block is a longest run of lines that are not empty, here as in ``Body``.
    package let firstBlock: Int
    package let pieces: [Piece]

    /// `git diff --word-diff=plain`: `[-removed-]{+added+}`, line by line.
    package var text: String {
      pieces.map { piece in
        switch piece.fate {
        case .kept: piece.text
        case .removed: Self.marking(piece.text, "[-", "-]")
        case .added: Self.marking(piece.text, "{+", "+}")
        }
      }.joined()
    }

    private static func marking(_ text: String, _ opening: String, _ closing: String) -> String {
      text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : opening + String($0) + closing }.joined(separator: "\n")
    }
  }

  /// The whole of both texts.
  ///
  /// The kept and removed pieces make the old one, the kept and added pieces the new one. Of a
  /// replacement the removed piece comes first.
  package let pieces: [Piece]

  package init(from old: String, to new: String) {
    let (old, new) = (Array(old.unicodeScalars), Array(new.unicodeScalars))
    var pieces: [Piece] = []
    func append(_ fate: Piece.Fate, _ text: ArraySlice<Unicode.Scalar>) {
      if !text.isEmpty { pieces.append(Piece(fate, String(scalars: text))) }
    }
    var place = 0
    for change in ChangeRefinement.changes(from: old, to: new, grain: .words) {
      append(.kept, old[place..<change.old.lowerBound])
      append(.removed, old[change.old])
      append(.added, new[change.new])
      place = change.old.upperBound
    }
    append(.kept, old[place...])
    self.pieces = pieces
  }

  /// Only the blocks in which something changed; neighbours together, in order.
  package var changedPassages: [Passage] {
    var cutter = PassageCutter()
    for piece in pieces { cutter.take(piece) }
    return cutter.finished()
  }

  /// The changed passages, with an empty line between them.
  package var text: String {
    changedPassages.map(\.text).joined(separator: "\n\n")
  }
}

/// Cuts pieces into passages at the empty lines that stayed.
private struct PassageCutter {
  private var passages: [WordDifference.Passage] = []
  private var pieces: [WordDifference.Piece] = []
  private var isChanged = false
  /// Blocks of the new text before the ones that are being gathered.
  private var blockCount = 0
  private var blocks = BlockCounter()

  mutating func take(_ piece: WordDifference.Piece) {
    guard piece.fate == .kept else {
      pieces.append(piece)
      isChanged = true
      if piece.fate == .added { blocks.take(piece.text.unicodeScalars) }
      return
    }
    var rest = piece.text.unicodeScalars[...]
    while let gap = Self.gap(in: rest) {
      keep(rest[..<gap.lowerBound])
      finish()
      rest = rest[gap.upperBound...]
    }
    keep(rest)
  }

  mutating func finished() -> [WordDifference.Passage] {
    finish()
    return passages
  }

  private mutating func keep(_ text: Substring.UnicodeScalarView) {
    guard !text.isEmpty else { return }
    pieces.append(WordDifference.Piece(.kept, String(text)))
    blocks.take(text)
  }

  private mutating func finish() {
    if isChanged {
      passages.append(WordDifference.Passage(firstBlock: blockCount + 1, pieces: pieces))
    }
    blockCount += blocks.count
    blocks = BlockCounter()
    pieces = []
    isChanged = false
  }

  /// The first two or more line breaks in a row.
  private static func gap(
    in text: Substring.UnicodeScalarView
  ) -> Range<Substring.UnicodeScalarView.Index>? {
    var rest = text
    while let start = rest.firstIndex(of: "\n") {
      let end = rest[start...].firstIndex { $0 != "\n" } ?? rest.endIndex
      if text.index(after: start) < end { return start..<end }
      rest = rest[end...]
    }
    return nil
  }
}

/// Counts blocks of text that comes in parts.
private struct BlockCounter {
  private(set) var count = 0
  private var lineIsEmpty = true
  private var isInBlock = false

  mutating func take(_ text: some Sequence<Unicode.Scalar>) {
    for scalar in text {
      if scalar == "\n" {
        if lineIsEmpty { isInBlock = false }
        lineIsEmpty = true
      } else {
        if !isInBlock { count += 1 }
        isInBlock = true
        lineIsEmpty = false
      }
    }
  }
}

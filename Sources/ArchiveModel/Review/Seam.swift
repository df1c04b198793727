package import CRDT

/// A passage where edits met that had not seen each other: the text has converged, and somebody
/// should read whether it makes sense.
package struct Seam: Hashable, Sendable {
  /// What the passage was for one of those who had not seen each other.
  package struct Side: Hashable, Sendable {
    /// The last edit of this side.
    package let edit: Dot
    /// The passage with that edit and all that its author had seen.
    package let text: String
  }

  /// The edits that met, ascending.
  package let edits: [Dot]
  /// The passage, scalars of the merged text: whole blocks; empty where nothing is left of it.
  package let range: Range<Int>
  /// The passage as it reads now.
  package let text: String
  /// Ascending by edit.
  package let sides: [Side]
}

/// Finds the seams of a text.
///
/// A pure function of the set of its edits. Normative: `Protocol/merge.md`, *Review list*. An edit *touches*
/// a block (a run of lines that are not blank) where scalars that it inserted stand in it, or where
/// scalars that it deleted stood in it. A deleted scalar at a block's edge stood in it unless a line
/// break parts the two. Edits that have not seen each other *meet* where they touch the same block, or where what
/// they inserted or deleted lies side by side. Blocks that are joined by edits side by side are one passage.
package struct SeamFinder {
  /// Neighbouring scalars of a text, in it or deleted, that are by the same edits.
  private struct Item {
    let editors: Editors
    var text: String
    /// Where in the content they stand, or stood.
    var place: Range<Int>

    var isDeleted: Bool {
      if case .deleters = editors { true } else { false }
    }
  }

  private enum Editors: Hashable {
    /// They are of the base, or of nobody whom one can name.
    case nobody
    case inserter(Dot)
    case deleters(SharedDots)

    init(of span: TextSpan) {
      self =
        span.isDeleted
        ? .deleters(span.deletions) : span.inserted.edit.map(Editors.inserter) ?? .nobody
    }

    var dots: AnySequence<Dot> {
      switch self {
      case .nobody: AnySequence([])
      case .inserter(let dot): AnySequence([dot])
      case .deleters(let dots): AnySequence(dots)
      }
    }
  }

  private let spans: [TextSpan]
  private let versions: TextVersions
  private let content: [Unicode.Scalar]
  private let items: [Item]
  /// At least one.
  private let blocks: [Range<Int>]

  package static func seams(of history: TextHistory) -> [Seam] {
    let finder = SeamFinder(history)
    return finder.passages().map(finder.seam)
  }

  /// The edits that met at each seam of a text, in the order of the seams.
  package static func meetings(of history: TextHistory) -> [[Dot]] {
    SeamFinder(history).passages().map(\.edits)
  }

  private init(_ history: TextHistory) {
    spans = history.spans
    versions = TextVersions(of: history)
    var content: [Unicode.Scalar] = []
    var items: [Item] = []
    for span in spans {
      let start = content.count
      if !span.isDeleted { content.append(contentsOf: span.text.unicodeScalars) }
      let editors = Editors(of: span)
      if let last = items.last, last.editors == editors {
        items[items.count - 1].text += span.text
        items[items.count - 1].place = last.place.lowerBound..<content.count
      } else {
        items.append(
          Item(
            editors: editors,
            text: span.text,
            place: start..<content.count
          )
        )
      }
    }
    self.content = content
    self.items = items
    let blocks = Body.ranges(ofBlocksIn: content)
    self.blocks = blocks.isEmpty ? [0..<0] : blocks
  }

  // MARK: - Passages

  private struct Passage {
    /// Ascending; at least two.
    let edits: [Dot]
    let range: Range<Int>
  }

  /// The passages where edits met.
  private func passages() -> [Passage] {
    var groups = Blocks(count: blocks.count)
    /// By block: the items whose editors touched it.
    var touching: [[Int]] = Array(repeating: [], count: blocks.count)
    var previous: (item: Int, block: Int)?
    var block = 0
    for (place, item) in items.enumerated() {
      while block + 1 < blocks.count, blocks[block].upperBound < item.place.lowerBound {
        block += 1
      }
      guard item.editors != .nobody else {
        previous = nil
        continue
      }
      let touched = blocksTouched(by: item, from: block)
      for block in touched { touching[block].append(place) }
      let first = touched.first ?? block
      if let previous,
        versions.haveMet(items[previous.item].editors.dots, item.editors.dots)
      {
        groups.join(previous.block, first)
        touching[first] += [previous.item, place]
      }
      previous = (place, touched.last ?? block)
    }
    return groups.groups.compactMap { group in
      let edits = versions.concurrent(among: editors(of: group.flatMap { touching[$0] }))
      guard !edits.isEmpty, let first = group.first, let last = group.last else { return nil }
      return Passage(
        edits: edits.sorted(),
        range: blocks[first].lowerBound..<blocks[last].upperBound
      )
    }
  }

  private func editors(of places: [Int]) -> Set<Dot> {
    var editors: Set<Dot> = []
    var last = Editors.nobody
    // Neighbours are often by the same.
    for place in places where items[place].editors != last {
      last = items[place].editors
      editors.formUnion(last.dots)
    }
    return editors
  }

  /// The blocks that an item stands in, or stood in.
  private func blocksTouched(by item: Item, from first: Int) -> [Int] {
    var touched: [Int] = []
    var block = first
    while block < blocks.count, blocks[block].lowerBound <= item.place.upperBound {
      let range = blocks[block]
      if item.isDeleted {
        let offset = item.place.lowerBound
        let isWithin =
          range.lowerBound < offset && offset < range.upperBound
          || offset == range.lowerBound && item.text.unicodeScalars.last != "\n"
          || offset == range.upperBound && item.text.unicodeScalars.first != "\n"
        if isWithin { touched.append(block) }
      } else if range.overlaps(item.place) {
        touched.append(block)
      }
      block += 1
    }
    return touched
  }

  // MARK: - A passage for reading

  private func seam(_ passage: Passage) -> Seam {
    Seam(
      edits: passage.edits,
      range: passage.range,
      text: String(scalars: content[passage.range]),
      sides: versions.newest(of: passage.edits).map { edit in
        Seam.Side(edit: edit, text: text(of: passage.range, in: versions.version(of: edit)))
      }
    )
  }

  /// A passage with only those edits, from its first to its last scalar of today, and with what was
  /// deleted at its edges.
  private func text(of range: Range<Int>, in version: Set<Dot>) -> String {
    var text = String.UnicodeScalarView()
    var end = 0
    for span in spans {
      let start = end
      if !span.isDeleted { end += span.text.scalarCount }
      guard start <= range.upperBound, end >= range.lowerBound,
        span.inserted.edit.map(version.contains) ?? true,
        !span.deletions.contains(where: version.contains)
      else { continue }
      if span.isDeleted {
        text.append(contentsOf: span.text.unicodeScalars)
      } else if (start..<end).overlaps(range) {
        text.append(contentsOf: content[(start..<end).clamped(to: range)])
      }
    }
    return String(text)
  }
}

/// Blocks that belong together.
private struct Blocks {
  private var leaders: [Int]

  init(count: Int) { leaders = Array(0..<count) }

  private func leader(of block: Int) -> Int {
    var block = block
    while leaders[block] != block { block = leaders[block] }
    return block
  }

  /// Joins two blocks and all between them.
  mutating func join(_ left: Int, _ right: Int) {
    guard left != right else { return }
    let first = leader(of: min(left, right))
    for block in min(left, right)...max(left, right) { leaders[leader(of: block)] = first }
  }

  /// Ascending, each ascending.
  var groups: [[Int]] {
    var groups: [Int: [Int]] = [:]
    for block in leaders.indices { groups[leader(of: block), default: []].append(block) }
    return groups.values.sorted { $0[0] < $1[0] }
  }
}

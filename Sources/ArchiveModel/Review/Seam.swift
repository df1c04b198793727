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

  /// Whether somebody has looked at all that met here.
  package func isCovered(by reviews: [Review]) -> Bool {
    reviews.contains { Set($0.dots).isSuperset(of: edits) }
  }
}

/// Finds the seams of a text.
///
/// A pure function of the set of its edits. An edit *touches* a block (a run of lines that are not
/// blank) where scalars that it inserted stand in it, or where scalars that it deleted stood in it. A deleted scalar
/// at a block's edge stood in it unless a line break parts the two. Edits that have not seen each other *meet* where they
/// touch the same block, or where what they inserted or deleted lies side by side. Blocks that are joined by edits
/// side by side are one passage.
package struct SeamFinder {
  /// Edits of one passage that are compared with each other one by one; of more, all that touch it
  /// count as met, so that an author of very many edits makes a longer list and not a long wait.
  private static let comparedEditLimit = 256

  private let spans: [TextSpan]
  private var versions: TextVersions
  private let content: [Unicode.Scalar]
  /// Where in the content each span stands, or stood.
  private let places: [Range<Int>]
  private let blocks: [Range<Int>]

  package static func seams(of history: TextHistory) -> [Seam] {
    var finder = SeamFinder(history)
    return finder.seams()
  }

  private init(_ history: TextHistory) {
    spans = history.spans
    versions = TextVersions(of: history)
    var content: [Unicode.Scalar] = []
    var places: [Range<Int>] = []
    for span in spans {
      let start = content.count
      if !span.isDeleted { content.append(contentsOf: span.text.unicodeScalars) }
      places.append(start..<content.count)
    }
    self.content = content
    self.places = places
    blocks = Body.ranges(ofBlocksIn: content)
  }

  private mutating func seams() -> [Seam] {
    var passages = Passages(count: max(1, blocks.count))
    /// By block: who touched it.
    var touching: [Set<Dot>] = Array(repeating: [], count: max(1, blocks.count))
    var previous: (editors: Set<Dot>, block: Int)?
    var firstBlock = 0
    for (number, span) in spans.enumerated() {
      let place = places[number]
      while firstBlock + 1 < blocks.count, blocks[firstBlock].upperBound < place.lowerBound {
        firstBlock += 1
      }
      let editors = Self.editors(of: span)
      guard !editors.isEmpty else {
        previous = nil
        continue
      }
      let touched = blocksTouched(by: span, at: place, from: firstBlock)
      for block in touched { touching[block].formUnion(editors) }
      let block = touched.first ?? firstBlock
      if let previous, let met = meeting(previous.editors, editors) {
        passages.join(previous.block, block)
        touching[previous.block].formUnion(met)
        touching[block].formUnion(met)
      }
      previous = (editors, touched.last ?? firstBlock)
    }
    return passages.groups.compactMap { group in
      seam(of: group, touchedBy: group.reduce(into: []) { $0.formUnion(touching[$1]) })
    }
  }

  private static func editors(of span: TextSpan) -> Set<Dot> {
    span.isDeleted ? Set(span.deletions) : span.inserted.edit.map { [$0] } ?? []
  }

  /// The blocks that a span stands in, or stood in.
  private func blocksTouched(by span: TextSpan, at place: Range<Int>, from first: Int) -> [Int] {
    var touched: [Int] = []
    var block = first
    while block < blocks.count, blocks[block].lowerBound <= place.upperBound {
      let range = blocks[block]
      if span.isDeleted {
        let offset = place.lowerBound
        let isWithin =
          range.lowerBound < offset && offset < range.upperBound
          || offset == range.lowerBound && span.text.unicodeScalars.last != "\n"
          || offset == range.upperBound && span.text.unicodeScalars.first != "\n"
        if isWithin { touched.append(block) }
      } else if range.overlaps(place) {
        touched.append(block)
      }
      block += 1
    }
    return touched
  }

  /// Those of two groups that have not seen somebody of the other; `nil` when there are none.
  private mutating func meeting(_ left: Set<Dot>, _ right: Set<Dot>) -> Set<Dot>? {
    var met: Set<Dot> = []
    for first in left {
      for second in right where versions.isConcurrent(first, second) {
        met.insert(first)
        met.insert(second)
      }
    }
    return met.isEmpty ? nil : met
  }

  // MARK: - A passage

  private mutating func seam(of group: [Int], touchedBy touching: Set<Dot>) -> Seam? {
    let edits = met(touching.sorted())
    guard !edits.isEmpty, let first = group.first, let last = group.last else { return nil }
    let range =
      blocks.isEmpty ? 0..<0 : blocks[first].lowerBound..<blocks[last].upperBound
    return Seam(
      edits: edits,
      range: range,
      text: String(scalars: content[range]),
      sides: sides(of: edits, in: range)
    )
  }

  /// Those of some edits that have not seen another one of them.
  private mutating func met(_ edits: [Dot]) -> [Dot] {
    guard edits.count > 1 else { return [] }
    if edits.count > Self.comparedEditLimit {
      return Set(edits.map(\.lane)).count > 1 ? edits : []
    }
    return edits.filter { edit in
      edits.contains { versions.isConcurrent(edit, $0) }
    }
  }

  /// What the passage was for the last ones of those who met.
  private func sides(of edits: [Dot], in range: Range<Int>) -> [Seam.Side] {
    var rest = Set(edits)
    var seen: [Dot: Set<Dot>] = [:]
    for edit in edits where rest.contains(edit) {
      let version = versions.version(of: edit)
      seen[edit] = version
      rest.subtract(version.subtracting([edit]))
    }
    return rest.sorted().map { edit in
      Seam.Side(edit: edit, text: passage(range, in: seen[edit] ?? []))
    }
  }

  /// A passage with only those edits, from its first to its last scalar of today, and with what was
  /// deleted at its edges.
  private func passage(_ range: Range<Int>, in version: Set<Dot>) -> String {
    var text = String.UnicodeScalarView()
    for (number, span) in spans.enumerated() {
      guard span.inserted.edit.map(version.contains) ?? true,
        !span.deletions.contains(where: version.contains)
      else { continue }
      let place = places[number]
      if place.isEmpty {
        if range.lowerBound <= place.lowerBound, place.lowerBound <= range.upperBound {
          text.append(contentsOf: span.text.unicodeScalars)
        }
      } else if place.overlaps(range) {
        text.append(contentsOf: content[place.clamped(to: range)])
      }
    }
    return String(text)
  }
}

/// Blocks that belong together.
private struct Passages {
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

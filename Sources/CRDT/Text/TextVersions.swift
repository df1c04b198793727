/// What the author of each edit of a text had seen.
///
/// Looked up in a ``SeenTable`` where that is of a bearable size, and searched for in the graph of the edits
/// otherwise: whoever writes many edits that have not seen each other must not fill the memory.
package struct TextVersions {
  /// Entries of a table: 64 MiB.
  private static let tableEntryLimit = 1 << 24

  private let dots: [Dot]
  private let places: [Dot: Int]
  private let parents: [[Int]]
  private let table: SeenTable?
  /// The edits that have each edit as a parent, where there is no table.
  private let children: [[Int]]

  package init(of history: TextHistory) {
    self.init(of: history, tableEntryLimit: Self.tableEntryLimit)
  }

  /// - `tableEntryLimit`: below the edits' number there is never a table.
  package init(of history: TextHistory, tableEntryLimit: Int) {
    dots = history.edits.map(\.dot)
    var places: [Dot: Int] = [:]
    for (place, edit) in history.edits.enumerated() { places[edit.dot] = place }
    self.places = places
    parents = history.parentPlaces(places)
    table = SeenTable(dots, parents, entryLimit: tableEntryLimit)
    var children: [[Int]] = []
    if table == nil {
      children = Array(repeating: [], count: parents.count)
      for edit in parents.indices {
        for parent in parents[edit] { children[parent].append(edit) }
      }
    }
    self.children = children
  }

  /// Whether some edit of one group and some of the other have not seen each other.
  ///
  /// Time: the product of their numbers; without a table, the smaller number × what an edit has seen and
  /// was seen by.
  package func haveMet(_ left: some Sequence<Dot>, _ right: some Sequence<Dot>) -> Bool {
    var fewer = Array(Set(left.compactMap { places[$0] }))
    var more = Array(Set(right.compactMap { places[$0] }))
    if fewer.count > more.count { swap(&fewer, &more) }
    if let table {
      return fewer.contains { edit in
        more.contains { !table.hasSeen(edit, $0) && !table.hasSeen($0, edit) }
      }
    }
    guard let first = fewer.first else { return false }
    if more.count == 1 { return !ancestors(of: [max(first, more[0])])[min(first, more[0])] }
    var related = RelatedSearch(among: more, parents: parents, children: children)
    return fewer.contains { related.count(to: $0) < more.count }
  }

  /// Those of some edits that have not seen some other one of them, and were not seen by it.
  ///
  /// Time: edits × chains × log(edits); without a table, edits × what they have seen and were seen by.
  package func concurrent(among edits: Set<Dot>) -> Set<Dot> {
    let members = edits.compactMap { places[$0] }.sorted()
    let concurrent = table?.concurrent(among: members) ?? searchedConcurrent(among: members)
    return Set(concurrent.map { dots[$0] })
  }

  /// The edits of which no other of these has seen them.
  package func newest(of edits: [Dot]) -> [Dot] {
    // What the others' parents are, or have seen.
    let seen = ancestors(of: edits.compactMap { places[$0] }.flatMap { parents[$0] })
    return edits.filter { edit in places[edit].map { !seen[$0] } ?? false }
  }

  /// An edit and all that its author had seen.
  package func version(of edit: Dot) -> Set<Dot> {
    guard let place = places[edit] else { return [] }
    let seen = ancestors(of: [place])
    return Set(dots.indices.lazy.filter { seen[$0] }.map { dots[$0] })
  }

  // MARK: - Searching

  /// By edit: whether it is one of some, or one of them has seen it.
  private func ancestors(of edits: [Int]) -> [Bool] {
    var seen = Array(repeating: false, count: parents.count)
    for edit in edits { seen[edit] = true }
    // Parents come before.
    for edit in (0..<((edits.max() ?? -1) + 1)).reversed() where seen[edit] {
      for parent in parents[edit] { seen[parent] = true }
    }
    return seen
  }

  private func searchedConcurrent(among members: [Int]) -> [Int] {
    var related = RelatedSearch(among: members, parents: parents, children: children)
    return members.filter { related.count(to: $0) < members.count }
  }
}

/// Counts those of some edits that an edit has seen, or was seen by.
private struct RelatedSearch {
  private let parents: [[Int]]
  private let children: [[Int]]
  private var isMember: [Bool]
  private var search: MarkedSearch

  init(among members: [Int], parents: [[Int]], children: [[Int]]) {
    self.parents = parents
    self.children = children
    isMember = Array(repeating: false, count: parents.count)
    for member in members { isMember[member] = true }
    search = MarkedSearch(count: parents.count)
  }

  /// With the edit itself, where it is one of them.
  mutating func count(to edit: Int) -> Int {
    (isMember[edit] ? 1 : 0)
      + search.count(from: edit, along: parents) { isMember[$0] }
      + search.count(from: edit, along: children) { isMember[$0] }
  }
}

/// Searches through a graph, one after another.
private struct MarkedSearch {
  /// By edit: the last search that came to it.
  private var marks: [Int]
  private var number = 0

  init(count: Int) { marks = Array(repeating: 0, count: count) }

  /// How many of the edits that can be reached from one, itself not counted, are of some kind.
  mutating func count(
    from edit: Int,
    along links: [[Int]],
    where isCounted: (Int) -> Bool
  ) -> Int {
    number += 1
    marks[edit] = number
    var count = 0
    var waiting = [edit]
    while let edit = waiting.popLast() {
      for next in links[edit] where marks[next] != number {
        marks[next] = number
        if isCounted(next) { count += 1 }
        waiting.append(next)
      }
    }
    return count
  }
}

/// What the author of each edit of a text had seen.
///
/// Edits are put into *chains*, in which each has seen the one before it: those of a lane, as long as
/// its author has not denied one. Of every edit is known how far it has seen each chain, so that
/// whether one edit has seen another is looked up and not searched for.
package struct TextVersions {
  private let dots: [Dot]
  private let places: [Dot: Int]
  private let parents: [[Int]]
  /// By edit: its chain, and which of its edits it is, from 0.
  private let chains: [Int]
  private let numbers: [Int]
  private let chainCount: Int
  /// By edit and chain: how many edits of the chain it has seen, itself included.
  private let seen: [Int32]

  package init(of history: TextHistory) {
    dots = history.edits.map(\.dot)
    var places: [Dot: Int] = [:]
    for (place, edit) in history.edits.enumerated() { places[edit.dot] = place }
    self.places = places
    parents = history.parentPlaces(places)
    (chains, numbers, chainCount) = Self.chains(dots, parents)
    seen = Self.seen(parents, chains, numbers, chainCount)
  }

  private static func chains(
    _ dots: [Dot],
    _ parents: [[Int]]
  ) -> (chains: [Int], numbers: [Int], count: Int) {
    var graph = EditGraph(parents: parents)
    var newest: [LaneID: Int] = [:]
    var chains: [Int] = []
    var numbers: [Int] = []
    var count = 0
    for (place, dot) in dots.enumerated() {
      let before = newest.updateValue(place, forKey: dot.lane)
      if let before, parents[place].contains(before) || graph.isAncestor(before, of: place) {
        chains.append(chains[before])
        numbers.append(numbers[before] + 1)
      } else {
        chains.append(count)
        numbers.append(0)
        count += 1
      }
    }
    return (chains, numbers, count)
  }

  private static func seen(
    _ parents: [[Int]],
    _ chains: [Int],
    _ numbers: [Int],
    _ chainCount: Int
  ) -> [Int32] {
    var seen = [Int32](repeating: 0, count: parents.count * chainCount)
    for place in parents.indices {
      let row = place * chainCount
      for parent in parents[place] {
        for chain in 0..<chainCount {
          seen[row + chain] = max(seen[row + chain], seen[parent * chainCount + chain])
        }
      }
      seen[row + chains[place]] = Int32(numbers[place] + 1)
    }
    return seen
  }

  private func hasSeen(_ place: Int, _ other: Int) -> Bool {
    Int(seen[place * chainCount + chains[other]]) > numbers[other]
  }

  /// Whether two edits have not seen each other.
  package func isConcurrent(_ left: Dot, _ right: Dot) -> Bool {
    guard let first = places[left], let second = places[right] else { return false }
    return !hasSeen(first, second) && !hasSeen(second, first)
  }

  /// Those of some edits that have not seen some other one of them, and were not seen by it.
  ///
  /// Time: edits × chains × log(edits).
  package func concurrent(among edits: Set<Dot>) -> Set<Dot> {
    var members = edits.compactMap { places[$0] }.sorted()[...]
    /// By chain: its members, of which each has seen the ones before.
    var chained: [Int: [Int]] = [:]
    while let place = members.popFirst() { chained[chains[place], default: []].append(place) }
    return edits.filter { edit in
      guard let place = places[edit] else { return false }
      return chained.contains { chain, members in
        let seen = Int(self.seen[place * chainCount + chain])
        let before = members.firstPlace { numbers[$0] >= seen }
        let after = members.firstPlace { hasSeen($0, place) }
        return before < after
      }
    }
  }

  /// The edits of which no other of these has seen them.
  package func newest(of edits: [Dot]) -> [Dot] {
    edits.filter { edit in
      guard let place = places[edit] else { return false }
      return !edits.contains { other in
        other != edit && places[other].map { hasSeen($0, place) } ?? false
      }
    }
  }

  /// An edit and all that its author had seen.
  package func version(of edit: Dot) -> Set<Dot> {
    guard let place = places[edit] else { return [] }
    return Set(dots.indices.lazy.filter { hasSeen(place, $0) }.map { dots[$0] })
  }
}

extension [Int] {
  /// The first place from which on a condition holds, by binary search; the end if it never does.
  fileprivate func firstPlace(_ isBehind: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

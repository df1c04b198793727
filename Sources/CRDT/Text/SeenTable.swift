/// How much of each chain of edits each edit of a text had seen.
///
/// Edits are put into *chains*, in which each has seen the one before it: those of a lane, as long as
/// its author has not denied one. Of every edit is known how far it has seen each chain, so that
/// whether one edit has seen another is looked up and not searched for. Edits go by their place in a
/// causal order.
struct SeenTable {
  /// By edit: its chain, and which of its edits it is, from 0.
  private let chains: [Int]
  private let numbers: [Int]
  private let chainCount: Int
  /// By edit and chain: how many edits of the chain it has seen, itself included.
  private let seen: [Int32]

  /// - `parents`: by edit: smaller places.
  /// - `entryLimit`: edits × chains.
  /// Returns: `nil` where the table would be larger.
  init?(_ dots: [Dot], _ parents: [[Int]], entryLimit: Int) {
    var graph = EditGraph(parents: parents)
    var newest: [LaneID: Int] = [:]
    var chains: [Int] = []
    var numbers: [Int] = []
    var chainCount = 0
    for (place, dot) in dots.enumerated() {
      let before = newest.updateValue(place, forKey: dot.lane)
      if let before, parents[place].contains(before) || graph.isAncestor(before, of: place) {
        chains.append(chains[before])
        numbers.append(numbers[before] + 1)
      } else {
        chains.append(chainCount)
        numbers.append(0)
        chainCount += 1
        guard chainCount <= entryLimit / dots.count else { return nil }
      }
    }
    self.chains = chains
    self.numbers = numbers
    self.chainCount = chainCount
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
    self.seen = seen
  }

  func hasSeen(_ place: Int, _ other: Int) -> Bool {
    Int(seen[place * chainCount + chains[other]]) > numbers[other]
  }

  /// Those of some edits, ascending, that have not seen some other one of them, and were not seen by it.
  func concurrent(among members: [Int]) -> [Int] {
    /// By chain: its members, of which each has seen the ones before.
    var chained: [Int: [Int]] = [:]
    for place in members { chained[chains[place], default: []].append(place) }
    return members.filter { place in
      chained.contains { chain, members in
        let seen = Int(self.seen[place * chainCount + chain])
        let before = members.partitioningIndex { numbers[$0] >= seen }
        let after = members.partitioningIndex { hasSeen($0, place) }
        return before < after
      }
    }
  }
}

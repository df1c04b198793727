import CRDT
import SyncSimulation
import Testing

/// The graph against sets of ancestors.
@Suite struct EditGraphTests {
  private struct RandomGraph {
    var parents: [[Int]] = []
    /// By edit: itself and all that it has seen.
    var seen: [Set<Int>] = []

    init(seed: UInt64) {
      var random = SeededRandom(seed: seed)
      let reach = Int.random(in: 1...6, using: &random)
      for edit in 0..<40 {
        let earliest = max(0, edit - reach)
        let chosen = (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in
          earliest < edit ? Int.random(in: earliest..<edit, using: &random) : nil
        }
        let own = edit > 0 && Int.random(in: 0..<8, using: &random) > 0 ? [edit - 1] : []
        parents.append(Set(seed % 2 == 0 ? chosen : chosen + own).sorted())
        seen.append(parents[edit].reduce(into: [edit]) { $0.formUnion(seen[$1]) })
      }
    }

    func version(_ heads: [Int]) -> Set<Int> { heads.reduce(into: []) { $0.formUnion(seen[$1]) } }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `differences of versions are those of their sets`(seed: UInt64) {
    let random = RandomGraph(seed: seed)
    var graph = EditGraph(parents: random.parents)
    var generator = SeededRandom(seed: seed)
    for _ in 0..<40 {
      let versions = (0..<2).map { _ in
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in
          Int.random(in: 0..<40, using: &generator)
        }
      }
      var onlyLeft: [Int] = []
      var onlyRight: [Int] = []
      graph.difference(
        versions[0],
        versions[1],
        onlyLeft: { onlyLeft.append($0) },
        onlyRight: { onlyRight.append($0) }
      )
      let (left, right) = (random.version(versions[0]), random.version(versions[1]))
      #expect(onlyLeft == left.subtracting(right).sorted(by: >))
      #expect(onlyRight == right.subtracting(left).sorted(by: >))
    }
    for edit in 0..<40 {
      for other in 0..<40 {
        let isAncestor = edit != other && random.seen[other].contains(edit)
        #expect(graph.isAncestor(edit, of: other) == isAncestor)
      }
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `the order is causal and whole`(seed: UInt64) {
    let random = RandomGraph(seed: seed)
    let graph = EditGraph(parents: random.parents)
    for range in [0..<40, 10..<40] {
      let order = graph.order(of: range)
      #expect(order.sorted() == Array(range))
      var visited = Set(0..<range.lowerBound)
      for edit in order {
        #expect(visited.isSuperset(of: random.parents[edit]))
        visited.insert(edit)
      }
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `critical edits have seen all before them and were seen by all after`(seed: UInt64) {
    let random = RandomGraph(seed: seed)
    let expected = (0..<40).filter { edit in
      random.seen[edit].count == edit + 1
        && ((edit + 1)..<40).allSatisfy { random.seen[$0].contains(edit) }
    }
    // A parent before a critical edit that somebody names beside it only makes the list be cut less.
    let found = EditGraph(parents: random.parents).criticalEdits
    #expect(Set(found).isSubset(of: expected))
    if random.parents.allSatisfy({ $0.count <= 1 }) { #expect(found == expected) }
  }
}

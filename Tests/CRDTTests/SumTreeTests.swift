import CRDT
import SyncSimulation
import Testing

/// The tree against an array that is looked through from its beginning.
@Suite struct SumTreeTests {
  private struct Model {
    var items: [Int] = []
    var weights: [Int: Int] = [:]

    func sum(before item: Int) -> Int {
      items.prefix { $0 != item }.reduce(0) { $0 + (weights[$1] ?? 0) }
    }

    func find(_ position: Int) -> (item: Int, offset: Int)? {
      var rest = position
      for item in items {
        let weight = weights[item] ?? 0
        if rest < weight { return (item, rest) }
        rest -= weight
      }
      return nil
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `finds, sums and compares as an array does`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var tree = SumTree<Int>()
    var model = Model()
    for item in 0..<400 {
      // Now and then many at one place, which splits the same nodes again and again.
      let place =
        seed % 4 == 0
        ? model.items.count / 2 : Int.random(in: 0...model.items.count, using: &random)
      let weight = Int.random(in: 0...3, using: &random)
      tree.insert(weight, after: place == 0 ? nil : model.items[place - 1])
      model.items.insert(item, at: place)
      model.weights[item] = weight
      let changed = Int.random(in: 0...item, using: &random)
      let delta = Int.random(in: 0...2, using: &random)
      tree.add(delta, to: changed)
      model.weights[changed, default: 0] += delta
      try #require(tree.total == model.weights.values.reduce(0, +))
      let asked = Int.random(in: 0...item, using: &random)
      try #require(tree.sum(before: asked) == model.sum(before: asked))
      let position = Int.random(in: 0..<max(1, tree.total), using: &random)
      if let expected = model.find(position) {
        let found = tree.find(position) { $0 }
        try #require(found == expected)
      }
      let other = Int.random(in: 0...item, using: &random)
      let isBefore =
        try #require(model.items.firstIndex(of: asked))
        < #require(model.items.firstIndex(of: other))
      try #require(tree.precedes(asked, other) == isBefore)
    }
    var order: [Int] = []
    var cursor = tree.first
    while let item = cursor {
      order.append(item)
      cursor = tree.next(after: item)
    }
    #expect(order == model.items)
  }

  @Test func `is as new after everything was taken out`() {
    var tree = SumTree<Int>()
    for item in 0..<100 { tree.insert(1, after: item == 0 ? nil : item - 1) }
    tree.removeAll()
    #expect(tree.first == nil)
    #expect(tree.total == 0)
    tree.insert(5, after: nil)
    #expect(tree.find(4) { $0 } == (0, 4))
  }
}

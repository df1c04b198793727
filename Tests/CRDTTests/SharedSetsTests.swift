import CRDT
import SyncSimulation
import Testing

/// Sets against sets of the library.
@Suite struct SharedSetsTests {
  private static func ranges(of numbers: Set<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for number in numbers.sorted() { ranges.join(number..<(number + 1)) }
    return ranges
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a set is what was put in, and has one name`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var sets = SharedSets()
    var names: [Set<Int>: SharedSets.Number] = [:]
    var numbers: Set<Int> = []
    let limit = [8, 64, 65, 300, 2000].randomElement(using: &random) ?? 8
    for _ in 0..<100 {
      let start = Int.random(in: 0..<limit, using: &random)
      let end = min(limit, start + Int.random(in: 1...200, using: &random))
      if Bool.random(using: &random) {
        numbers.formUnion(start..<end)
      } else {
        numbers.subtract(start..<end)
      }
      let ranges = Self.ranges(of: numbers)
      let name = sets.insert(ranges)
      #expect(sets.ranges(of: name, in: 0..<limit) == ranges)
      let window = start..<end
      #expect(
        sets.ranges(of: name, in: window) == Self.ranges(of: numbers.intersection(window))
      )
      #expect(names[numbers] ?? name == name)
      names[numbers] = name
    }
    #expect(Set(names.values).count == names.count)
  }

  @Test func `a range takes little memory, however long it is and wherever it begins`() {
    var sets = SharedSets()
    let ranges = [3..<(1 << 48), ((1 << 50) + 1)..<((1 << 50) + 2)]
    let set = sets.insert(ranges)
    #expect(sets.ranges(of: set, in: 0..<Int.max) == ranges)
    #expect(sets.nodeCount < 100)
  }

  @Test func `a set that differs from another one in one place takes little more`() {
    var sets = SharedSets()
    let numbers = Set(stride(from: 0, to: 20_000, by: 2))
    _ = sets.insert(Self.ranges(of: numbers))
    let before = sets.nodeCount
    for missing in stride(from: 0, to: 20_000, by: 200) {
      _ = sets.insert(Self.ranges(of: numbers.subtracting([missing])))
    }
    #expect(sets.nodeCount - before <= 100 * 20)
  }

  @Test func `lists of dots are equal when their dots are`() {
    let dots = (1...5).map { Dot.of(1, $0) }
    #expect(Array(SharedDots(dots.reversed())) == dots)
    #expect(SharedDots(dots) == SharedDots(dots))
    #expect(SharedDots(dots).hashValue == SharedDots(dots).hashValue)
    #expect(SharedDots(dots) != SharedDots(dots.dropLast()))
    #expect(SharedDots([]).isEmpty && !SharedDots(dots).isEmpty)
  }
}

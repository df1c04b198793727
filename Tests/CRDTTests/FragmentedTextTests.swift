import CRDT
import Testing

/// Texts in many pieces that many edits delete without having seen each other: what is kept of that
/// follows the edits and the pieces, and not their product.
@Suite struct FragmentedTextTests {
  private static let pieceCount = 200
  private static let editCount = 150

  private let base = String(repeating: "a", count: 2 * pieceCount)
  /// Deletes every second scalar.
  private let cut = TextEdit(
    dot: .of(1, 1),
    parents: [],
    hunks: (0..<pieceCount).map { .delete(1, at: $0) }
  )
  /// Keeps the text from being one piece after the cut.
  private let other = TextEdit(dot: .of(2, 1), parents: [], hunks: [.insert("!", at: 0)])

  /// Edits of one author who denies all others.
  private func history(_ hunks: (Int) -> [Hunk]) -> TextHistory {
    let edits = (1...Self.editCount).map { number in
      TextEdit(dot: .of(3, UInt64(number)), parents: [cut.dot], hunks: hunks(number))
    }
    return TextHistory(base: base, edits: [cut, other] + edits)
  }

  private func walk(over history: TextHistory) -> TextWalk {
    let parents = history.edits.map { $0.parents.isEmpty ? [] : [0] }
    var walk = TextWalk(graph: EditGraph(parents: parents), dots: history.edits.map(\.dot))
    walk.begin(at: 0, baseCount: base.unicodeScalars.count)
    for (place, edit) in history.edits.enumerated() { walk.visit(place, edit.hunks) { _ in } }
    return walk
  }

  @Test func `deletions of the same pieces are kept once`() {
    let walk = walk(over: history { _ in [.delete(Self.pieceCount, at: 0)] })
    #expect(walk.items.count >= 2 * Self.pieceCount)
    #expect(walk.deletionCount <= 2 * Self.pieceCount)
  }

  @Test func `deletions of nearly the same pieces are kept with what they differ by`() {
    let walk = walk(
      over: history { [.delete($0, at: 0), .delete(Self.pieceCount - 1 - $0, at: 1)] }
    )
    #expect(walk.deletionCount <= 2 * Self.pieceCount + 16 * Self.editCount)
  }

  @Test func `who deleted neighbours is kept with what they differ by`() throws {
    let history = history { [.delete($0, at: 0), .delete(Self.pieceCount - 1 - $0, at: 1)] }
    let spans = history.spans
    let pool = try #require(spans.first { $0.isDeleted }).deletions.pool
    #expect(spans.allSatisfy { !$0.isDeleted || $0.deletions.pool === pool })
    #expect(pool.sets.nodeCount <= 16 * spans.count)
    let live = spans.filter { !$0.isDeleted }
    #expect(live.map(\.text) == ["!"])
    // The cut deleted what no one else saw; each other piece was left out by one at most.
    let counts = spans.map { Array($0.deletions).count }.filter { $0 > 1 }
    #expect(counts.count == Self.pieceCount)
    #expect(counts.filter { $0 == Self.editCount - 1 }.count == Self.editCount)
    #expect(counts.filter { $0 == Self.editCount }.count == Self.pieceCount - Self.editCount)
  }

  @Test(arguments: [1, 2, 7, 1 << 20])
  func `who deleted what is the same however much is looked up at once`(limit: Int) {
    let history = history { [.delete($0, at: 0), .delete($0 % 7, at: $0 % 5)] }
    let walk = walk(over: history)
    let dots = history.edits.map(\.dot)
    var expected = [[Dot]](repeating: [], count: walk.items.count)
    for (place, dot) in dots.enumerated() {
      for range in walk.deleted(by: place, in: 0..<Int.max) {
        for item in walk.items.indices where range.overlaps(walk.items[item].scalars) {
          expected[item].append(dot)
        }
      }
    }
    var sweep = DeletionSweep(walk, dots, changeLimit: limit)
    #expect(sweep.deletions().map(Array.init) == expected)
  }
}

import CRDT
import SyncSimulation
import Testing

@Suite struct TextWeightTests {
  /// An edit that inserts this many bytes and deletes them again but one.
  private static func heavy(_ author: UInt8, byteCount: Int, parents: [Dot] = []) -> TextEdit {
    TextEdit(
      dot: .of(author, 1),
      parents: parents,
      hunks: [
        Hunk(position: 0, deleteCount: 0, insert: String(repeating: "a", count: byteCount)),
        Hunk(position: 0, deleteCount: byteCount - 1, insert: ""),
      ]
    )
  }

  /// What an edit of ``heavy(_:byteCount:parents:)`` weighs besides its insertion.
  private static let frame = 32 + 2 * 16

  @Test(arguments: [
    ([Hunk](), 0, 32), ([], 3, 128), ([Hunk(position: 9, deleteCount: 1, insert: "")], 0, 48),
    ([.insert("a", at: 0), .insert("é", at: 1), .insert("漢\u{1F469}", at: 2)], 1, 122),
    (
      [
        Hunk(
          position: 0,
          deleteCount: 0,
          insert: "ab",
          restores: [
            Restoration(range: 0..<1, origin: ScalarOrigin(edit: nil, offset: 0)),
            Restoration(range: 1..<2, origin: ScalarOrigin(edit: nil, offset: 4)),
          ]
        )
      ], 0, 82
    ),
  ])
  func `an edit weighs what it and its hunks take up`(
    hunks: [Hunk],
    parentCount: Int,
    weight: Int
  ) {
    #expect(TextWeight.of(hunks, parentCount: parentCount) == weight)
    let parents = (0..<parentCount).map { Dot.of(9, UInt64($0 + 1)) }
    #expect(TextWeight.of(TextEdit(dot: .of(1, 1), parents: parents, hunks: hunks)) == weight)
  }

  @Test func `a text holds as much as it may, and with one edit more it reads as its base`() {
    let full = Self.heavy(1, byteCount: TextWeight.limit - Self.frame)
    var text = EditedText(base: "base")
    text.apply([full])
    #expect(text.state.weight == TextWeight.limit)
    #expect(!text.state.isOverfull)
    #expect(text.heads == [full.dot])
    #expect(text.content == "abase")
    text.apply([TextEdit(dot: .of(2, 1), parents: [full.dot], hunks: [.insert("x", at: 0)])])
    #expect(text.state.isOverfull)
    #expect(text.heads.isEmpty)
    #expect(text.content == "base")
    #expect(text.history.edits.isEmpty)
    // Whatever comes now.
    text.apply([TextEdit(dot: .of(3, 1), parents: [], hunks: [.insert("x", at: 0)])])
    #expect(text.content == "base")
    #expect(text.heads.isEmpty)
  }

  @Test func `a text that is overfull at once is there, as its base`() {
    var object = ObjectHistory()
    object.apply([Self.heavy(1, byteCount: TextWeight.limit)], to: .note, base: "base")
    #expect(object.state.texts.map(\.content) == ["base"])
    #expect(object.state.texts.map(\.heads) == [[]])
    #expect(object.texts[.note]?.edits.isEmpty == true)
    #expect(!object.state.isLive)
  }

  @Test func `what has no effect weighs nothing`() {
    let big = String(repeating: "a", count: TextWeight.limit)
    var text = EditedText(base: "base")
    text.apply([
      TextEdit(dot: .of(1, 1), parents: [.of(9, 9)], hunks: [.insert(big, at: 0)]),
      TextEdit(dot: .of(2, 1), parents: [], hunks: [.insert(big, at: 5)]),
    ])
    #expect(text.state.weight == 0)
    text.apply([TextEdit(dot: .of(3, 1), parents: [], hunks: [.insert("x", at: 4)])])
    #expect(text.content == "basex")
    #expect(text.state.weight == 49)
  }

  @Test func `in any order and any portions a text is overfull for all or for none`() throws {
    var overfullCount = 0
    for seed in 0..<5 as Range<UInt64> {
      let history = RandomTextHistory(seed: seed, stepCount: 12)
      var random = SeededRandom(seed: seed)
      // Two to four who have not seen each other, or only one of the others: together about the limit.
      let count = Int.random(in: 2...4, using: &random)
      let edits =
        history.edits
        + (0..<count).map { number in
          Self.heavy(
            UInt8(100 + number),
            byteCount: TextWeight.limit / count + Int.random(in: -1024...512, using: &random),
            parents: number == 1 ? [.of(100, 1)] : []
          )
        }
      var expected: EditedText?
      for _ in 0..<2 {
        var rest = Self.causalOrder(edits, &random)[...]
        var text = EditedText(base: history.base)
        while !rest.isEmpty {
          let portion = rest.prefix(Int.random(in: 1...5, using: &random))
          rest = rest.dropFirst(portion.count)
          text.apply(Array(portion))
        }
        let first = expected ?? text
        expected = first
        #expect(text.state.weight == first.state.weight, "seed \(seed)")
        #expect(text.heads == first.heads, "seed \(seed)")
        #expect(scalars(text.content) == scalars(first.content), "seed \(seed)")
        #expect(text.state.isBranched == first.state.isBranched, "seed \(seed)")
        #expect(text.history.edits.count == first.history.edits.count, "seed \(seed)")
      }
      let text = try #require(expected)
      if text.state.isOverfull {
        overfullCount += 1
        #expect(text.content.unicodeScalars.elementsEqual(history.base.unicodeScalars))
      } else {
        #expect(text.history.edits.count == edits.count)
      }
    }
    #expect((1...4).contains(overfullCount), "\(overfullCount)")
  }

  private static func causalOrder(
    _ edits: [TextEdit],
    _ random: inout SeededRandom
  ) -> [TextEdit] {
    var waiting = edits
    var order: [TextEdit] = []
    while !waiting.isEmpty {
      let ready = waiting.indices.filter { place in
        waiting[place].parents.allSatisfy { parent in !waiting.contains { $0.dot == parent } }
      }
      guard let place = ready.randomElement(using: &random) else { break }
      order.append(waiting.remove(at: place))
    }
    return order
  }
}

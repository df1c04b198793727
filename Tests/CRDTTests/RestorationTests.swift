import CRDT
import Testing

@Suite struct RestorationTests {
  private let deletion = TextEdit(dot: .of(1, 1), parents: [], hunks: [.delete(3, at: 2)])

  private func restoring(
    _ insert: String,
    at position: Int,
    _ restorations: [Restoration],
    parents: [Dot],
    by author: UInt8 = 2
  ) -> TextEdit {
    TextEdit(
      dot: .of(author, 1),
      parents: parents,
      hunks: [
        Hunk(position: position, deleteCount: 0, insert: insert, restores: restorations)
      ]
    )
  }

  private func base(_ offset: Int) -> ScalarOrigin { ScalarOrigin(edit: nil, offset: offset) }

  @Test func `restored scalars are who they were`() {
    let undo = restoring(
      "cde",
      at: 2,
      [Restoration(range: 0..<3, origin: base(2))],
      parents: [deletion.dot]
    )
    let text = EditedText([deletion, undo], base: "abcdef")
    #expect(text.content == "abcdef")
    #expect(text.history.identities == (0..<6).map(base))
    #expect(text.history.spans.filter(\.isDeleted).map(\.text) == ["cde"])
  }

  @Test func `a restored scalar that is deleted and restored again is still who it was`() {
    let undo = restoring(
      "cde",
      at: 2,
      [Restoration(range: 0..<3, origin: base(2))],
      parents: [deletion.dot]
    )
    let again = TextEdit(dot: .of(1, 2), parents: [undo.dot], hunks: [.delete(2, at: 3)])
    let back = TextEdit(
      dot: .of(1, 3),
      parents: [again.dot],
      hunks: [
        Hunk(
          position: 3,
          deleteCount: 0,
          insert: "de",
          restores: [Restoration(range: 0..<2, origin: ScalarOrigin(edit: undo.dot, offset: 1))]
        )
      ]
    )
    let text = EditedText([deletion, undo, again, back], base: "abcdef")
    #expect(text.content == "abcdef")
    #expect(text.history.identities == (0..<6).map(base))
  }

  @Test(arguments: [
    ("other scalars", "cdX", 2, 0..<3),
    ("past the end of the base", "f", 6, 0..<1),
    ("far past the end", "f", .max, 0..<1),
  ])
  func `what brings back something else is new`(
    fact: String,
    insert: String,
    offset: Int,
    range: Range<Int>
  ) {
    let edit = restoring(
      insert,
      at: 2,
      [Restoration(range: range, origin: base(offset))],
      parents: [deletion.dot]
    )
    let text = EditedText([deletion, edit], base: "abcdef")
    let own = (0..<insert.count).map { ScalarOrigin(edit: edit.dot, offset: $0) }
    #expect(Array(text.history.identities[2..<(2 + insert.count)]) == own)
  }

  @Test func `an edit that its author had not seen is not brought back`() {
    let other = TextEdit(dot: .of(1, 1), parents: [], hunks: [.insert("xy", at: 0)])
    let edit = restoring(
      "xy",
      at: 0,
      [Restoration(range: 0..<2, origin: ScalarOrigin(edit: other.dot, offset: 0))],
      parents: []
    )
    for order in [[other, edit], [edit, other]] {
      let identities = EditedText(order, base: "").history.identities
      #expect(Set(identities.map(\.edit)) == [other.dot, edit.dot])
    }
  }
}

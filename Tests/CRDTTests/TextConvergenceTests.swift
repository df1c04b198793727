import CRDT
import SyncSimulation
import Testing

/// The laws of the text merge over random histories; a failure names its seed.
@Suite struct TextConvergenceTests {
  @Test(arguments: 0..<150 as Range<UInt64>)
  func `every causal order gives the text of the model`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let expected = FugueModel(base: history.base, edits: history.edits).content
    var random = SeededRandom(seed: seed)
    for _ in 0..<4 {
      let order = history.shuffled(&random)
      let note = EditedText(order, base: history.base)
      #expect(scalars(note.content) == scalars(expected))
      #expect(note.history.edits.count == history.edits.count)
    }
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func `heads and origins are the same in every causal order`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let note = EditedText(history.edits, base: history.base)
    var random = SeededRandom(seed: seed)
    let other = EditedText(history.shuffled(&random), base: history.base)
    #expect(other.heads == note.heads)
    #expect(other.history.identities == note.history.identities)
    #expect(note.history.identities.count == note.content.unicodeScalars.count)
    #expect(Set(note.history.identities).count == note.history.identities.count)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `what an author saw is the model of the edits that the author had`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    for (content, seen) in zip(history.contentAfter, history.seenAfter) {
      let model = FugueModel(base: history.base, edits: seen.map { history.edits[$0] })
      #expect(scalars(content) == scalars(model.content))
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `an edit that saw everything does what it says`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let note = EditedText(history.edits, base: history.base)
    let before = scalars(note.content)
    var random = SeededRandom(seed: seed)
    let position = Int.random(in: 0...before.count, using: &random)
    let deleted = Int.random(in: 0...(before.count - position), using: &random)
    let edit = TextEdit(
      dot: .of(9, 1),
      parents: note.heads,
      hunks: [Hunk(position: position, deleteCount: deleted, insert: "new")]
    )
    let after = EditedText(history.edits + [edit], base: history.base)
    let expected =
      before[..<position] + scalars("new") + before[(position + deleted)...]
    #expect(scalars(after.content) == Array(expected))
    #expect(after.heads == [edit.dot])
  }
}

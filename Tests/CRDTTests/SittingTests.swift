import CRDT
import SyncSimulation
import Testing

@Suite struct SittingTests {
  private func text(_ hunks: [Hunk], on base: String) -> [UInt32] {
    scalars(
      EditedText([TextEdit(dot: .of(1, 1), parents: [], hunks: hunks)], base: base).content
    )
  }

  private func sitting(_ keystrokes: [Hunk]) -> Sitting {
    var sitting = Sitting()
    for keystroke in keystrokes { sitting.record(keystroke) }
    return sitting
  }

  @Test(arguments: [
    ("typing", [Hunk.insert("a", at: 3), .insert("b", at: 4), .insert("c", at: 5)], 1),
    ("backspaces", [.delete(1, at: 5), .delete(1, at: 4), .delete(1, at: 3)], 1),
    ("deleting forward", [.delete(1, at: 3), .delete(1, at: 3)], 1),
    ("replacing", [.delete(2, at: 3), .insert("x", at: 3), .insert("y", at: 4)], 1),
    ("typed and taken back", [.insert("x", at: 3), .delete(1, at: 3)], 2),
    ("two places", [.insert("x", at: 3), .insert("y", at: 0)], 2),
    ("nothing", [], 0),
  ])
  func `keystrokes that go on are one hunk`(fact: String, keystrokes: [Hunk], count: Int) {
    let hunks = sitting(keystrokes).hunks
    #expect(hunks.count == count)
    #expect(text(hunks, on: "0123456789") == text(keystrokes, on: "0123456789"))
  }

  @Test func `hunks do what the keystrokes did`() async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      var random = SeededRandom(seed: seed)
      var count = 10
      var cursor = 5
      var keystrokes: [Hunk] = []
      for _ in 0..<60 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: cursor = Int.random(in: 0...count, using: &random)
        case 1...3 where cursor > 0:
          cursor -= 1
          count -= 1
          keystrokes.append(.delete(1, at: cursor))
        case 4 where cursor < count:
          count -= 1
          keystrokes.append(.delete(1, at: cursor))
        case 5 where cursor < count:
          keystrokes.append(Hunk(position: cursor, deleteCount: 1, insert: "é"))
          cursor += 1
        default:
          keystrokes.append(.insert("漢a", at: cursor))
          cursor += 2
          count += 2
        }
      }
      let hunks = sitting(keystrokes).hunks
      guard hunks.count < keystrokes.count else { return "nothing was joined" }
      return text(hunks, on: "0123456789") == text(keystrokes, on: "0123456789")
        ? nil : "another text"
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }
}

import CRDT
import SyncSimulation
import Testing

@Suite struct GapBufferTests {
  private static let pieces = [
    "a", "bc", "é", "e\u{301}", "سلام", "한국", "👩‍👩‍👧", "\r\n", "", "𝄞", "a longer piece of text, ",
    "\0",
  ]

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `edits as an array of scalars does`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var model = Array("Anfang: é, 漢字.".unicodeScalars)
    var buffer = GapBuffer("Anfang: é, 漢字.")
    for _ in 0..<200 {
      let position = Int.random(in: 0...model.count, using: &random)
      let deleted = Int.random(in: 0...min(9, model.count - position), using: &random)
      let insert = Self.pieces.randomElement(using: &random) ?? ""
      buffer.replace(position, deleted, with: insert)
      model.replaceSubrange(position..<(position + deleted), with: [])
      model.insert(contentsOf: insert.unicodeScalars, at: position)
      #expect(buffer.count == model.count)
    }
    #expect(buffer.text.unicodeScalars.elementsEqual(model))
  }
}

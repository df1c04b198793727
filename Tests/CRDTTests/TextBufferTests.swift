import CRDT
import SyncSimulation
import Testing

@Suite struct TextBufferTests {
  private static let pieces = [
    "a", "bc", "é", "e\u{301}", "سلام", "한국", "👩‍👩‍👧", "\r\n", "", "𝄞", "a longer piece of text, ",
    "\0",
  ]

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `edits as an array of scalars does`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var model = Array("Anfang: é, 漢字.".unicodeScalars)
    var buffer = TextBuffer("Anfang: é, 漢字.")
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

  /// Texts of several chunks, and edits that reach over their ends.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `edits long texts as an array of scalars does`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let start = String(repeating: "Ein Satz über 漢字 und 👩‍👧. ", count: 600)
    var model = Array(start.unicodeScalars)
    var buffer = TextBuffer(start)
    for _ in 0..<60 {
      let position = Int.random(in: 0...model.count, using: &random)
      let most = [3, 500, 9000][Int.random(in: 0..<3, using: &random)]
      let deleted = Int.random(in: 0...min(most, model.count - position), using: &random)
      let insert = String(
        repeating: Self.pieces.randomElement(using: &random) ?? "",
        count: [1, 40, 900][Int.random(in: 0..<3, using: &random)]
      )
      buffer.replace(position, deleted, with: insert)
      model.replaceSubrange(position..<(position + deleted), with: insert.unicodeScalars)
      #expect(buffer.count == model.count)
    }
    #expect(buffer.text.unicodeScalars.elementsEqual(model))
    buffer.replace(0, model.count, with: "")
    #expect(buffer.text.isEmpty)
    buffer.replace(0, 0, with: "é")
    #expect(buffer.text.unicodeScalars.elementsEqual("é".unicodeScalars))
  }
}

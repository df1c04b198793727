import ArchiveModel
import CRDT
import Testing

struct SeamVectors: Codable {
  struct Side: Codable {
    var edit: DotVector
    var text: String
  }

  struct Seam: Codable {
    var edits: [DotVector]
    var text: String
    var sides: [Side]
  }

  struct Text: Codable {
    var description: String
    var base: String
    var edits: [TextVectors.Edit]
    var seams: [Seam]
  }

  var texts: [Text]
}

@Suite struct SeamVectorTests {
  @Test func `seams of merged texts`() throws {
    let vectors = try VectorFile.load("seams", as: SeamVectors.self)
    #expect(!vectors.texts.isEmpty)
    for vector in vectors.texts {
      var text = EditedText(base: vector.base)
      text.apply(try vector.edits.map { try $0.edit })
      let seams = SeamFinder.seams(of: text.history)
      #expect(seams.map(\.text) == vector.seams.map(\.text), "\(vector.description)")
      #expect(seams.map(\.edits) == vector.seams.map(\.edits.dots), "\(vector.description)")
      #expect(
        seams.map { $0.sides.map(\.text) } == vector.seams.map { $0.sides.map(\.text) },
        "\(vector.description)"
      )
      #expect(
        seams.map { $0.sides.map(\.edit) } == vector.seams.map { $0.sides.map(\.edit).dots },
        "\(vector.description)"
      )
    }
  }
}

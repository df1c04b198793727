import CRDT
import Testing

struct TextVectors: Codable {
  struct Hunk: Codable {
    var position: Int
    var delete: Int
    var insert: String
    /// How many times over it is inserted; once for `nil`.
    var times: Int?
  }

  struct Edit: Codable {
    var dot: DotVector
    var parents: [DotVector]
    var hunks: [Hunk]

    var edit: TextEdit {
      get throws {
        TextEdit(
          dot: try #require(dot.dot),
          parents: parents.dots,
          hunks: hunks.map {
            CRDT.Hunk(
              position: $0.position,
              deleteCount: $0.delete,
              insert: String(repeating: $0.insert, count: $0.times ?? 1)
            )
          }
        )
      }
    }
  }

  struct Merge: Codable {
    var description: String
    var base: String
    /// In a causal order; any other one gives the same.
    var edits: [Edit]
    var text: String
    var heads: [DotVector]
  }

  var merges: [Merge]
}

@Suite struct TextVectorTests {
  @Test func `merged texts`() throws {
    let vectors = try VectorFile.load("texts", as: TextVectors.self)
    #expect(!vectors.merges.isEmpty)
    for vector in vectors.merges {
      let edits = try vector.edits.map { try $0.edit }
      for order in [edits, Self.latestFirst(edits)] {
        var text = EditedText(base: vector.base)
        for edit in order { text.apply([edit]) }
        #expect(
          text.content.unicodeScalars.elementsEqual(vector.text.unicodeScalars),
          "\(vector.description)"
        )
        #expect(text.heads == vector.heads.dots, "\(vector.description)")
      }
    }
  }

  /// Another causal order: whatever can come, the last one first.
  private static func latestFirst(_ edits: [TextEdit]) -> [TextEdit] {
    var waiting = edits
    var order: [TextEdit] = []
    while let place = waiting.lastIndex(where: { edit in
      edit.parents.allSatisfy { parent in !waiting.contains { $0.dot == parent } }
    }) {
      order.append(waiting.remove(at: place))
    }
    return order
  }
}

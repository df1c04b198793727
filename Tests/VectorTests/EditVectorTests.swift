import ArchiveModel
import CRDT
import ChangeLog
import Testing

struct EditVectors: Codable {
  struct Restoration: Codable {
    var start: Int
    var count: Int
    var edit: DotVector?
    var offset: Int
  }

  struct Hunk: Codable {
    var position: Int
    var delete: Int
    var insert: String
    var restores: [Restoration]

    var hunk: CRDT.Hunk {
      CRDT.Hunk(
        position: position,
        deleteCount: delete,
        insert: insert,
        restores: restores.map {
          CRDT.Restoration(
            range: $0.start..<($0.start + $0.count),
            origin: ScalarOrigin(edit: $0.edit?.dot, offset: $0.offset)
          )
        }
      )
    }
  }

  struct Body: Codable {
    var description: String
    var hunks: [Hunk]
    var body: Hex
  }

  struct Unreadable: Codable {
    var description: String
    var body: Hex
  }

  var bodies: [Body]
  var unreadable: [Unreadable]
}

@Suite struct EditVectorTests {
  private let vectors: EditVectors

  init() throws { vectors = try VectorFile.load("edits", as: EditVectors.self) }

  @Test func `bodies of edits`() {
    #expect(!vectors.bodies.isEmpty)
    for vector in vectors.bodies {
      let hunks = vector.hunks.map(\.hunk)
      #expect(TextEditBody.body(hunks) == vector.body.bytes, "\(vector.description)")
      #expect(TextEditBody.hunks(vector.body.bytes) == hunks, "\(vector.description)")
    }
  }

  @Test func `bodies that are no edit`() {
    #expect(!vectors.unreadable.isEmpty)
    for vector in vectors.unreadable {
      #expect(TextEditBody.hunks(vector.body.bytes) == nil, "\(vector.description)")
    }
  }
}

import ArchiveModel
import CRDT
import SyncSimulation
import Testing

@Suite struct SeamTests {
  private static func lane(_ number: UInt8) -> LaneID {
    guard let lane = LaneID(Array(repeating: number, count: LaneID.byteCount)) else {
      preconditionFailure("16 bytes are a lane id")
    }
    return lane
  }

  private static func edit(_ author: UInt8, _ hunks: Hunk...) -> TextEdit {
    TextEdit(dot: Dot(lane: lane(author), seq: 1, index: 0), parents: [], hunks: hunks)
  }

  private static func insert(_ text: String, at position: Int) -> Hunk {
    Hunk(position: position, deleteCount: 0, insert: text)
  }

  private static func delete(_ count: Int, at position: Int) -> Hunk {
    Hunk(position: position, deleteCount: count, insert: "")
  }

  /// Edits of authors 1, 2, …, none of whom saw the others, and the passages where they meet.
  struct Fixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var base = "One two.\n\nThree four.\n\nFive six."
    var edits: [TextEdit]
    var passages: [String]

    var testDescription: String { fact }
  }

  static let fixtures = [
    Fixture(
      fact: "two edits of one paragraph",
      edits: [edit(1, insert("big ", at: 4)), edit(2, insert("!", at: 8))],
      passages: ["One big two.!"]
    ),
    Fixture(
      fact: "edits of different paragraphs do not meet",
      edits: [edit(1, insert("big ", at: 4)), edit(2, insert("!", at: 21))],
      passages: []
    ),
    Fixture(
      fact: "an edit inside a paragraph that somebody deletes",
      edits: [edit(1, delete(13, at: 10)), edit(2, insert("and a half ", at: 16))],
      passages: ["and a half Five six."]
    ),
    Fixture(
      fact: "a deleted paragraph does not touch its neighbour",
      edits: [edit(1, delete(13, at: 10)), edit(2, insert("x", at: 31))],
      passages: []
    ),
    Fixture(
      fact: "two paragraphs added at one place",
      edits: [edit(1, insert("New one.\n\n", at: 10)), edit(2, insert("New two.\n\n", at: 10))],
      passages: ["New one.\n\nNew two."]
    ),
    Fixture(
      fact: "paragraphs added at different places",
      edits: [edit(1, insert("New one.\n\n", at: 10)), edit(2, insert("New two.\n\n", at: 23))],
      passages: []
    ),
    Fixture(
      fact: "all is deleted by one and edited by another",
      base: "Gone.",
      edits: [edit(1, delete(5, at: 0)), edit(2, insert("!", at: 5))],
      passages: ["!"]
    ),
    Fixture(
      fact: "one of three has no part in it",
      edits: [
        edit(1, insert("big ", at: 4)), edit(2, insert("!", at: 8)), edit(3, insert("?", at: 31)),
      ],
      passages: ["One big two.!"]
    ),
  ]

  @Test(arguments: fixtures)
  func `edits meet in`(_ fixture: Fixture) {
    for edits in [fixture.edits, fixture.edits.reversed()] {
      var text = EditedText(base: fixture.base)
      for edit in edits { text.apply([edit]) }
      let seams = SeamFinder.seams(of: text.history)
      #expect(seams.map(\.text) == fixture.passages)
    }
  }

  @Test func `a seam says what each side had`() throws {
    var text = EditedText(base: "One two.")
    text.apply([
      Self.edit(1, Self.insert("big ", at: 4)),
      Self.edit(2, Hunk(position: 4, deleteCount: 3, insert: "2")),
    ])
    let seam = try #require(SeamFinder.seams(of: text.history).first)
    #expect(seam.sides.map(\.text) == ["One big two.", "One 2."])
    #expect(seam.edits == seam.sides.map(\.edit))
    #expect([Review(of: seam.edits)].cover(seam.edits))
    #expect(![Review(of: [seam.edits[0]])].cover(seam.edits))
  }

  @Test func `what saw both sides joins no seam`() throws {
    let first = Self.edit(1, Self.insert("big ", at: 4))
    let second = Self.edit(2, Self.insert("!", at: 8))
    let later = TextEdit(
      dot: Dot(lane: Self.lane(3), seq: 1, index: 0),
      parents: [first.dot, second.dot],
      hunks: [Self.insert("very ", at: 4)]
    )
    var text = EditedText(base: "One two.")
    text.apply([first, second, later])
    let seam = try #require(SeamFinder.seams(of: text.history).first)
    #expect(seam.edits == [first.dot, second.dot])
    #expect(seam.text == "One very big two.!")
  }

  @Test func `edits that meet in two passages are two seams with one review`() {
    var text = EditedText(base: "One two.\n\nThree four.\n\nFive six.")
    text.apply([
      Self.edit(1, Self.insert("a ", at: 4), Self.insert("b ", at: 31)),
      Self.edit(2, Self.insert("c ", at: 0), Self.insert("d", at: 33)),
    ])
    let seams = SeamFinder.seams(of: text.history)
    #expect(seams.map(\.text) == ["c One a two.", "Five sb ixd."])
    #expect(seams[0].edits == seams[1].edits)
    #expect([Review(of: seams[0].edits)].cover(seams[1].edits))
    #expect(SeamFinder.meetings(of: text.history) == seams.map(\.edits))
  }

  @Test func `however many edits follow, only those that had not seen each other have met`() {
    var text = EditedText(base: "One two.")
    text.apply([Self.edit(1, Self.insert("a", at: 0)), Self.edit(2, Self.insert("b", at: 8))])
    let met = text.heads
    for seq in 2...400 {
      let lane = Self.lane(UInt8(seq % 2 + 1))
      text.apply([
        TextEdit(
          dot: Dot(lane: lane, seq: UInt64(seq), index: 0),
          parents: text.heads,
          hunks: [Self.insert("x", at: 1)]
        )
      ])
    }
    #expect(SeamFinder.seams(of: text.history).map(\.edits) == [met])
  }

  @Test(arguments: [["\n\n\n"], ["\n", "\n\n"]])
  func `how an edit was typed makes no difference`(pieces: [String]) {
    var position = 8
    var hunks: [Hunk] = []
    for piece in pieces {
      hunks.append(Self.insert(piece, at: position))
      position += piece.unicodeScalars.count
    }
    let first = TextEdit(dot: Dot(lane: Self.lane(1), seq: 1, index: 0), parents: [], hunks: hunks)
    let deletions = [2, 3].map { author in
      TextEdit(
        dot: Dot(lane: Self.lane(author), seq: 1, index: 0),
        parents: [first.dot],
        hunks: [Self.delete(3, at: 8)]
      )
    }
    var text = EditedText(base: "One two.\n\nThree four.")
    text.apply([first] + deletions)
    #expect(SeamFinder.seams(of: text.history).isEmpty)
  }

  @Test func `where nothing is left there is a seam of nothing`() {
    var text = EditedText(base: "Gone.")
    text.apply([Self.edit(1, Self.delete(5, at: 0)), Self.edit(2, Self.delete(4, at: 0))])
    let seams = SeamFinder.seams(of: text.history)
    #expect(seams.map(\.text) == [""])
    #expect(seams.map { $0.sides.map(\.text) } == [["", "."]])
  }

  @Test func `the list is the same in every order, and only of branched texts`() async {
    let complaints = await Seeds.complaints(Seeds.first(200)) { seed in
      var random = SeededRandom(seed: seed)
      let base = "One two.\n\nThree four.\n\nFive six."
      var authors = (0..<3).map { _ in EditedText(base: base) }
      var all: [TextEdit] = []
      for seq in 1...14 {
        let author = Int.random(in: 0..<3, using: &random)
        if Int.random(in: 0..<3, using: &random) == 0 {
          let other = Int.random(in: 0..<3, using: &random)
          let known = Set(authors[author].history.edits.map(\.dot))
          authors[author].apply(authors[other].history.edits.filter { !known.contains($0.dot) })
        }
        let count = authors[author].content.unicodeScalars.count
        let position = Int.random(in: 0...count, using: &random)
        let edit = TextEdit(
          dot: Dot(lane: Self.lane(UInt8(author + 1)), seq: UInt64(seq), index: 0),
          parents: authors[author].heads,
          hunks: [
            Hunk(
              position: position,
              deleteCount: Int.random(in: 0...min(4, count - position), using: &random),
              insert: ["", "x", "\n\n", "new"].randomElement(using: &random) ?? ""
            )
          ]
        )
        authors[author].apply([edit])
        all.append(edit)
      }
      var texts = (0..<2).map { _ in EditedText(base: base) }
      texts[0].apply(all)
      var rest = all
      while !rest.isEmpty {
        let known = Set(texts[1].history.edits.map(\.dot))
        let ready = rest.indices.filter { known.isSuperset(of: rest[$0].parents) }
        texts[1].apply([rest.remove(at: ready.randomElement(using: &random) ?? 0)])
      }
      let seams = texts.map { SeamFinder.seams(of: $0.history) }
      guard seams[0] == seams[1] else { return "lists differ" }
      guard texts[0].state.isBranched == texts[1].state.isBranched else { return "flags differ" }
      if !texts[0].state.isBranched, !seams[0].isEmpty { return "a seam without branches" }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }
}

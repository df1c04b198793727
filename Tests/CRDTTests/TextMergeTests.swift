import CRDT
import Testing

/// Concurrent edits of one text and what everybody reads afterwards.
struct MergeFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  var base: String
  /// One edit each, of authors 1, 2, 3, none of whom saw the others.
  var edits: [[Hunk]]
  var expected: String

  var testDescription: String { fact }

  static let all = [
    MergeFixture(
      fact: "insertions at one place stand by author",
      base: "ab",
      edits: [[.insert("1", at: 1)], [.insert("2", at: 1)], [.insert("3", at: 1)]],
      expected: "a123b"
    ),
    MergeFixture(
      fact: "runs at one place do not interleave",
      base: "",
      edits: [[.insert("one", at: 0)], [.insert("two", at: 0)], [.insert("six", at: 0)]],
      expected: "onetwosix"
    ),
    MergeFixture(
      fact: "both deletions of one passage delete it once",
      base: "abcd",
      edits: [[.delete(2, at: 1)], [.delete(2, at: 1)]],
      expected: "ad"
    ),
    MergeFixture(
      fact: "overlapping deletions delete what either deleted",
      base: "abcdef",
      edits: [[.delete(3, at: 1)], [.delete(3, at: 2)]],
      expected: "af"
    ),
    MergeFixture(
      fact: "an insertion inside a deleted passage stays",
      base: "abcd",
      edits: [[.delete(4, at: 0)], [.insert("X", at: 2)]],
      expected: "X"
    ),
    MergeFixture(
      fact: "two replacements of one passage stand beside each other",
      base: "a red car",
      edits: [
        [Hunk(position: 2, deleteCount: 3, insert: "blue")],
        [Hunk(position: 2, deleteCount: 3, insert: "green")],
      ],
      expected: "a bluegreen car"
    ),
    MergeFixture(
      fact: "each hunk of an edit counts in the text that the ones before it leave",
      base: "one two three",
      edits: [
        [
          .insert(">", at: 0), Hunk(position: 5, deleteCount: 3, insert: "2"), .insert("!", at: 12),
        ],
        [.insert("…", at: 7)],
      ],
      expected: ">one 2… three!"
    ),
    MergeFixture(
      fact: "Arabic",
      base: "سلام",
      edits: [[.insert("، ", at: 4)], [.delete(1, at: 0)]],
      expected: "لام، "
    ),
    MergeFixture(
      fact: "Hangul jamo are scalars",
      base: "\u{1112}\u{1161}\u{11AB}",
      edits: [[.delete(1, at: 2)], [.insert("\u{AE00}", at: 3)]],
      expected: "\u{1112}\u{1161}\u{AE00}"
    ),
    MergeFixture(
      fact: "an emoji sequence is several scalars",
      base: "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}",
      edits: [[.delete(2, at: 3)], [.insert("\u{1F3FD}", at: 1)]],
      expected: "\u{1F469}\u{1F3FD}\u{200D}\u{1F469}"
    ),
    MergeFixture(
      fact: "a combining mark is a scalar of its own",
      base: "cafe",
      edits: [[.insert("\u{301}", at: 4)], [.insert("s", at: 4)]],
      expected: "cafe\u{301}s"
    ),
    MergeFixture(
      fact: "composed and decomposed letters stay as they are",
      base: "é",
      edits: [[.insert("e\u{301}", at: 1)], [.insert("é", at: 0)]],
      expected: "éée\u{301}"
    ),
    MergeFixture(
      fact: "carriage return and line feed are two scalars",
      base: "a\r\nb",
      edits: [[.insert("x", at: 2)], [.delete(1, at: 1)]],
      expected: "ax\nb"
    ),
  ]
}

extension Hunk {
  static func insert(_ text: String, at position: Int) -> Hunk {
    Hunk(position: position, deleteCount: 0, insert: text)
  }

  static func delete(_ count: Int, at position: Int) -> Hunk {
    Hunk(position: position, deleteCount: count, insert: "")
  }
}

@Suite struct TextMergeTests {
  @Test(arguments: MergeFixture.all)
  func `merges alike in every order`(_ fixture: MergeFixture) {
    let edits = fixture.edits.enumerated().map { place, hunks in
      TextEdit(dot: .of(UInt8(place + 1), 1), parents: [], hunks: hunks)
    }
    for order in permutations(of: edits) {
      let content = EditedText(order, base: fixture.base).content
      #expect(scalars(content) == scalars(fixture.expected))
    }
  }

  /// How somebody types a word: each letter an edit of its own.
  enum Typing: CaseIterable, Sendable {
    case forward
    /// Each letter before the one typed last.
    case backward
    case atOnce

    func edits(of word: String, by author: UInt8, at position: Int) -> [TextEdit] {
      var edits: [TextEdit] = []
      func append(_ text: String, at position: Int) {
        let seq = UInt64(edits.count + 1)
        edits.append(
          TextEdit(
            dot: .of(author, seq),
            parents: edits.suffix(1).map(\.dot),
            hunks: [.insert(text, at: position)]
          )
        )
      }
      switch self {
      case .forward:
        for (place, letter) in word.enumerated() { append(String(letter), at: position + place) }
      case .backward:
        for letter in word.reversed() { append(String(letter), at: position) }
      case .atOnce:
        append(word, at: position)
      }
      return edits
    }
  }

  @Test(arguments: Typing.allCases, Typing.allCases)
  func `words typed at one place by three authors stay whole`(first: Typing, second: Typing) {
    let words = ["abcd", "EFGH", "1234"]
    let runs = [
      first.edits(of: words[0], by: 1, at: 1), second.edits(of: words[1], by: 2, at: 1),
      first.edits(of: words[2], by: 3, at: 1),
    ]
    let possible = Set(permutations(of: words).map { "<" + $0.joined() + ">" })
    let texts = Set(
      permutations(of: runs).map { EditedText($0.flatMap(\.self), base: "<>").content }
    )
    #expect(texts.count == 1)
    #expect(texts.isSubset(of: possible))
  }

  @Test func `typing goes on where it began whatever comes in`() {
    let mine = Typing.forward.edits(of: "abc", by: 2, at: 0)
    let theirs = TextEdit(dot: .of(1, 1), parents: [mine[0].dot], hunks: [.insert("X", at: 1)])
    for order in [[mine[0], theirs, mine[1], mine[2]], [mine[0], mine[1], mine[2], theirs]] {
      #expect(["aXbc", "abcX"].contains(EditedText(order, base: "").content))
    }
  }

  @Test(arguments: [
    ("past the end", [Hunk.insert("x", at: 4)]),
    ("deletes past the end", [.delete(2, at: 2)]),
    ("negative position", [.insert("x", at: -1)]),
    ("negative count", [.delete(-1, at: 2)]),
    ("largest count", [.delete(.max, at: 1)]),
    ("second past the end", [.insert("x", at: 0), .delete(1, at: 4)]),
    ("second past what the first left", [.delete(2, at: 0), .insert("x", at: 2)]),
  ])
  func `an edit that does not fit its parents' text has no effect in any order`(
    fact: String,
    hunks: [Hunk]
  ) {
    let good = TextEdit(dot: .of(1, 1), parents: [], hunks: [.insert("longer", at: 3)])
    let misfit = TextEdit(dot: .of(2, 1), parents: [], hunks: hunks)
    let child = TextEdit(dot: .of(2, 2), parents: [misfit.dot], hunks: [.insert("!", at: 0)])
    for order in [[good, misfit, child], [misfit, good, child], [misfit, child, good]] {
      let note = EditedText(order, base: "abc")
      #expect(note.content == "abclonger")
      #expect(note.heads == [good.dot])
      #expect(note.history.edits.map(\.dot) == [good.dot])
    }
  }

  @Test func `an edit is measured by its parents' text, not by everybody's`() {
    let first = TextEdit(dot: .of(1, 1), parents: [], hunks: [.insert("long ", at: 0)])
    let second = TextEdit(dot: .of(2, 1), parents: [], hunks: [.insert("!", at: 8)])
    for order in [[first, second], [second, first]] {
      #expect(EditedText(order, base: "abc").content == "long abc")
    }
  }

  @Test func `an edit of unknown parents has no effect`() {
    let edit = TextEdit(dot: .of(1, 1), parents: [.of(7, 7)], hunks: [.insert("x", at: 0)])
    let text = EditedText([edit], base: "abc")
    #expect(text.content == "abc")
    #expect(text.heads.isEmpty)
    var object = ObjectState()
    #expect(object.merge([edit], into: .note, base: "abc", onto: []).isEmpty)
    #expect(object.texts.isEmpty)
    #expect(!object.isLive)
  }

  @Test func `an edit without hunks joins the heads and changes nothing`() {
    let left = TextEdit(dot: .of(1, 1), parents: [], hunks: [.insert("l", at: 0)])
    let right = TextEdit(dot: .of(2, 1), parents: [], hunks: [.insert("r", at: 0)])
    let join = TextEdit(dot: .of(3, 1), parents: [right.dot, left.dot], hunks: [])
    let note = EditedText([right, left, join], base: "")
    #expect(note.heads == [join.dot])
    #expect(note.content == "lr")
  }
}

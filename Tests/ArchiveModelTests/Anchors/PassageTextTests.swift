import ArchiveModel
import CRDT
import RevisionReplay
import SyncSimulation
import Testing

/// A passage of a text, what our own edits make of the text, and what becomes of the passage.
struct PassageFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  /// With the passage in brackets.
  var text: String
  /// What the text becomes, one edit after another.
  var edits: [[Hunk]]
  var state: PassageState
  /// The text afterwards, with the passage in brackets.
  var expected: String

  var testDescription: String { fact }

  static let all = [
    Self(
      fact: "untouched",
      text: "The [cat] sat.",
      edits: [],
      state: .exact,
      expected: "The [cat] sat."
    ),
    Self(
      fact: "pushed along by an edit before it",
      text: "The [cat] sat.",
      edits: [[.put("old ", at: 4)]],
      state: .exact,
      expected: "The old [cat] sat."
    ),
    Self(
      fact: "does not grow where something is put at its edges",
      text: "a [cat] sat",
      edits: [[.put("tom", at: 2)], [.put("s", at: 8)]],
      state: .exact,
      expected: "a tom[cat]s sat"
    ),
    Self(
      fact: "changed inside",
      text: "[to recieve it]",
      edits: [[Hunk(position: 6, deleteCount: 2, insert: "ei")]],
      state: .moved,
      expected: "[to receive it]"
    ),
    Self(
      fact: "its begin deleted",
      text: "so [the big cat] sat",
      edits: [[.cut(4, at: 3)]],
      state: .moved,
      expected: "so [big cat] sat"
    ),
    Self(
      fact: "its end deleted, and something else written there",
      text: "so [the big cat] sat",
      edits: [[.cut(4, at: 10)], [.put(" quickly", at: 10)]],
      state: .moved,
      expected: "so [the big] quickly sat"
    ),
    Self(
      fact: "its end replaced",
      text: "[The big old cat sat.]",
      edits: [[Hunk(position: 16, deleteCount: 3, insert: "stood")]],
      state: .moved,
      expected: "[The big old cat stood.]"
    ),
    Self(
      fact: "mostly deleted",
      text: "so [the big old cat] sat",
      edits: [[.cut(12, at: 3)]],
      state: .uncertain,
      expected: "so [cat] sat"
    ),
    Self(
      fact: "mostly other words put inside",
      text: "[the cat]",
      edits: [[.put("people next door who always feed ", at: 4)]],
      state: .uncertain,
      expected: "[the people next door who always feed cat]"
    ),
    Self(
      fact: "deleted",
      text: "One. [Two.] Three.",
      edits: [[.cut(4, at: 5)]],
      state: .orphan,
      expected: "One.  Three."
    ),
    Self(
      fact: "deleted, and another that reads so stands elsewhere",
      text: "It rained cats and dogs today. [It rained cats and dogs today.]",
      edits: [[.cut(30, at: 31)]],
      state: .uncertain,
      expected: "[It rained cats and dogs today.] "
    ),
    Self(
      fact: "cut and put elsewhere in one edit",
      text: "[It rained cats and dogs today.] More.",
      edits: [[.cut(31, at: 0), .put(" It rained cats and dogs today.", at: 5)]],
      state: .moved,
      expected: "More. [It rained cats and dogs today.]"
    ),
    Self(
      fact: "corrected, and quoted as it was in the correction",
      text: "[It rained cats and dogs today.] More.",
      edits: [
        [
          Hunk(position: 10, deleteCount: 4, insert: "hens"),
          .put(" Formerly: It rained cats and dogs today.", at: 36),
        ]
      ],
      state: .uncertain,
      expected: "[It rained hens and dogs today.] More. Formerly: It rained cats and dogs today."
    ),
    Self(
      fact: "deleted and brought back",
      text: "One. [Two.] Three.",
      edits: [[.cut(4, at: 5)], [.bringBack("Two.", at: 5, from: 5)]],
      state: .exact,
      expected: "One. [Two.] Three."
    ),
    Self(
      fact: "a mark put on its last letter",
      text: "a [cafe] sat",
      edits: [[.put("\u{301}", at: 6)]],
      state: .moved,
      expected: "a [cafe\u{301}] sat"
    ),
    Self(
      fact: "a joiner put behind its last person",
      text: "see [who 👩]!",
      edits: [[.put("\u{200D}👧", at: 9)]],
      state: .moved,
      expected: "see [who 👩\u{200D}👧]!"
    ),
  ]
}

extension Hunk {
  static func put(_ text: String, at position: Int) -> Self {
    Hunk(position: position, deleteCount: 0, insert: text)
  }

  static func cut(_ count: Int, at position: Int) -> Self {
    Hunk(position: position, deleteCount: count, insert: "")
  }

  /// Scalars of the base, from `offset` on.
  static func bringBack(_ text: String, at position: Int, from offset: Int) -> Self {
    Hunk(
      position: position,
      deleteCount: 0,
      insert: text,
      restores: [
        Restoration(
          range: 0..<text.unicodeScalars.count,
          origin: ScalarOrigin(edit: nil, offset: offset)
        )
      ]
    )
  }
}

/// A text with a passage in brackets.
struct BracketedText {
  let text: String
  let range: Range<Int>?

  init(_ bracketed: String) {
    let parts = bracketed.unicodeScalars.split(omittingEmptySubsequences: false) {
      $0 == "[" || $0 == "]"
    }
    text = parts.map(String.init).joined()
    range =
      parts.count == 3 ? parts[0].count..<parts[0].count + parts[1].count : nil
  }

  init(_ text: String, _ range: Range<Int>?) {
    self.text = text
    self.range = range
  }

  var bracketed: [UInt32] {
    guard let range else { return scalars(text) }
    let scalars = scalars(text)
    return scalars[..<range.lowerBound] + [0x5B] + scalars[range] + [0x5D]
      + scalars[range.upperBound...]
  }
}

@Suite struct PassageTextTests {
  private func history(_ base: String, _ edits: [[Hunk]]) -> TextHistory {
    let dots = (0...edits.count).map { Dot(lane: .author(1), seq: UInt64($0), index: 0) }
    return TextHistory(
      base: base,
      edits: edits.enumerated().map { number, hunks in
        TextEdit(
          dot: dots[number + 1],
          parents: number == 0 ? [] : [dots[number]],
          hunks: hunks
        )
      }
    )
  }

  private func text(_ history: TextHistory) -> String {
    history.spans.filter { !$0.isDeleted }.map(\.text).joined()
  }

  @Test(arguments: PassageFixture.all)
  func `finds a passage after our own edits`(_ fixture: PassageFixture) throws {
    let planted = BracketedText(fixture.text)
    let range = try #require(planted.range)
    let passage = try #require(PassageText(planted.text).passage(range))
    let history = history(planted.text, fixture.edits)
    let place = PassageText(history.spans).place(of: passage)
    #expect(place.state == fixture.state)
    let found = BracketedText(text(history), place.range)
    #expect(found.bracketed == scalars(fixture.expected))
  }

  @Test func `takes the copy that reads as quoted after two undos that met`() throws {
    let base = "One. Two. Three."
    let dots = (1...3).map { Dot(lane: .author(UInt8($0)), seq: 1, index: 0) }
    let history = TextHistory(
      base: base,
      edits: [
        TextEdit(dot: dots[0], parents: [], hunks: [.cut(4, at: 5)]),
        TextEdit(dot: dots[1], parents: [dots[0]], hunks: [.bringBack("Two.", at: 5, from: 5)]),
        TextEdit(dot: dots[2], parents: [dots[0]], hunks: [.bringBack("Two.", at: 5, from: 5)]),
      ]
    )
    let passage = try #require(PassageText(base).passage(5..<9))
    let place = PassageText(history.spans).place(of: passage)
    #expect(text(history) == "One. Two.Two. Three.")
    #expect(place == PassagePlace(.exact, 5..<9))
  }

  @Test func `an anchor that names no scalar of the text is never certain`() {
    let passage = AnnotationTarget.Passage(
      first: ScalarOrigin(edit: nil, offset: 1000),
      last: ScalarOrigin(edit: nil, offset: .max),
      quote: Quote(exact: "Two.", prefix: "One. ", suffix: " Three.")
    )
    let text = PassageText("One. Two. Three.")
    #expect(text.place(of: passage) == PassagePlace(.uncertain, 5..<9))
    #expect(text.candidates(for: passage).map(\.range) == [5..<9])
    #expect(PassageText("").place(of: passage) == .orphan)
  }

  @Test func `holds a passage by the scalars of edits too`() throws {
    let history = history("One. Three.", [[.put("Two. ", at: 5)]])
    let passage = try #require(PassageText(history.spans).passage(5..<9))
    #expect(passage.first.edit != nil)
    #expect(passage.last == ScalarOrigin(edit: passage.first.edit, offset: 3))
    #expect(passage.quote.exact == "Two.")
    #expect(PassageText(history.spans).place(of: passage) == PassagePlace(.exact, 5..<9))
  }

  @Test(arguments: Seeds.first(500))
  func `cuts no cluster and stays within the text, whatever was done to it`(seed: UInt64) throws {
    let pair = RandomTextPair(seed: seed)
    let count = pair.old.unicodeScalars.count
    guard count > 0 else { return }
    let start = Int(seed % UInt64(count))
    let end = min(count, start + 1 + Int(seed % 17))
    let passage = try #require(PassageText(pair.old).passage(start..<end))
    let history = history(pair.old, [TextDifference(from: pair.old, to: pair.new).hunks])
    let places = [
      PassageText(history.spans).place(of: passage),
      CarriedPassages(from: pair.old, to: pair.new).place(of: start..<end, quote: passage.quote),
    ]
    let edges = pair.new.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.unicodeScalars.count) }
    for range in places.compactMap(\.range) {
      #expect(!range.isEmpty)
      #expect(edges.contains(range.lowerBound) && edges.contains(range.upperBound))
    }
  }
}

import ArchiveModel
import Testing

/// A body and the blocks that it is read as.
struct BodyFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  var body: String
  var blocks: [Body.Block]
  /// Whether writing the blocks gives this very body.
  var isCanonical = true

  var testDescription: String { fact }

  static let all = [
    BodyFixture(fact: "empty", body: "", blocks: []),
    BodyFixture(
      fact: "paragraphs",
      body: "One\ntwo\n\nThree",
      blocks: [.init(.paragraph, "One\ntwo"), .init(.paragraph, "Three")]
    ),
    BodyFixture(
      fact: "several blank lines",
      body: "\n \nOne\n\t\n\n  \nTwo\n",
      blocks: [.init(.paragraph, "One"), .init(.paragraph, "Two")],
      isCanonical: false
    ),
    BodyFixture(fact: "heading", body: "## Rain", blocks: [.init(.heading, "Rain")]),
    BodyFixture(
      fact: "heading of two lines",
      body: "## Rain\n## Snow",
      blocks: [.init(.heading, "Rain\n## Snow")]
    ),
    BodyFixture(
      fact: "no heading without the space",
      body: "##Rain",
      blocks: [.init(.paragraph, "##Rain")]
    ),
    BodyFixture(
      fact: "no heading of another level",
      body: "### Rain",
      blocks: [.init(.paragraph, "### Rain")]
    ),
    BodyFixture(
      fact: "no heading after a space",
      body: " ## Rain",
      blocks: [.init(.paragraph, " ## Rain")]
    ),
    BodyFixture(fact: "quote", body: "> One\n> two", blocks: [.init(.quote, "One\ntwo")]),
    BodyFixture(
      fact: "quote of a quote",
      body: "> > One",
      blocks: [.init(.quote, "> One")]
    ),
    BodyFixture(
      fact: "no quote where a line lacks the prefix",
      body: "> One\ntwo",
      blocks: [.init(.paragraph, "> One\ntwo")],
      isCanonical: false
    ),
    BodyFixture(fact: "list", body: "- One\n- two", blocks: [.init(.list, "One\ntwo")]),
    BodyFixture(
      fact: "no list where a line lacks the prefix",
      body: "- One\n  two",
      blocks: [.init(.paragraph, "- One\n  two")],
      isCanonical: false
    ),
    BodyFixture(
      fact: "escaped heading",
      body: "\\## Rain",
      blocks: [.init(.paragraph, "## Rain")]
    ),
    BodyFixture(
      fact: "escaped quote of two lines",
      body: "\\> One\n> two",
      blocks: [.init(.paragraph, "> One\n> two")]
    ),
    BodyFixture(
      fact: "escaped list",
      body: "\\- 3 °C",
      blocks: [.init(.paragraph, "- 3 °C")]
    ),
    BodyFixture(
      fact: "escaped escape",
      body: "\\\\- One",
      blocks: [.init(.paragraph, "\\- One")]
    ),
    BodyFixture(
      fact: "escape of many",
      body: "\\\\\\\\> One",
      blocks: [.init(.paragraph, "\\\\\\> One")]
    ),
    BodyFixture(
      fact: "other backslashes",
      body: "\\One\n\\- two",
      blocks: [.init(.paragraph, "\\One\n\\- two")]
    ),
    BodyFixture(
      fact: "a backslash in a heading",
      body: "## \\- One",
      blocks: [.init(.heading, "\\- One")]
    ),
    BodyFixture(
      fact: "a mark that combines with the prefix's space",
      body: "- \u{301}a",
      blocks: [.init(.list, "\u{301}a")]
    ),
    BodyFixture(
      fact: "line separators that are no line breaks",
      body: "One\u{2028}\u{85}\u{b}two",
      blocks: [.init(.paragraph, "One\u{2028}\u{85}\u{b}two")]
    ),
  ]
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct BodyTests {
  @Test(arguments: BodyFixture.all)
  func `reads blocks`(_ fixture: BodyFixture) {
    #expect(bytes(of: Body.blocks(of: fixture.body)) == bytes(of: fixture.blocks))
  }

  @Test(arguments: BodyFixture.all.filter(\.isCanonical))
  func `writes what it read`(_ fixture: BodyFixture) {
    #expect(Array(Body.text(of: fixture.blocks).utf8) == Array(fixture.body.utf8))
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `reads back all blocks that it writes`(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    for _ in 0..<250 {
      let blocks = (0..<Int.random(in: 0...5, using: &random)).map { _ in randomBlock(&random) }
      let text = Body.text(of: blocks)
      #expect(bytes(of: Body.blocks(of: text)) == bytes(of: blocks))
      let withoutReturns = !text.utf8.contains(UInt8(ascii: "\r"))
      if withoutReturns { #expect(Array(Body.normalized(text).utf8) == Array(text.utf8)) }
    }
  }

  @Test(arguments: [
    ("", ""), ("\n \t\n", ""), ("\r", ""), ("One", "One"), ("One\n", "One"),
    ("\n\nOne\n\n", "One"), ("One\r\ntwo\rthree\nfour", "One\ntwo\nthree\nfour"),
    ("One\r\r\ntwo", "One\n\ntwo"), ("One\n\n\n\ntwo", "One\n\ntwo"),
    ("One\n \t \n\ntwo", "One\n\ntwo"), ("  One  \n\ttwo ", "  One  \n\ttwo "),
    ("One\u{a0}\n\u{a0}\ntwo", "One\u{a0}\n\u{a0}\ntwo"), ("e\u{301}\u{2028}", "e\u{301}\u{2028}"),
    ("\\- One", "\\- One"),
  ])
  func `normalizes line breaks and blank lines`(raw: String, expected: String) {
    #expect(Array(Body.normalized(raw).utf8) == Array(expected.utf8))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `normalizes once and for all`(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    for _ in 0..<500 {
      let raw = randomText(&random, pieces: 0...12)
      let once = Body.normalized(raw)
      #expect(Array(Body.normalized(once).utf8) == Array(once.utf8), "\(raw.debugDescription)")
    }
  }

  private static let pieces = [
    "\n", "\n", "\r", "\r\n", " ", "\t", "a", "é", "e\u{301}", "\u{301}", "\\", "\\", "#", "## ",
    "> ", "- ", "-", "漢", "\u{2028}", "\u{0}", "👩‍👩‍👧",
  ]

  private func randomText(
    _ random: inout SeededGenerator,
    pieces: ClosedRange<Int>
  ) -> String {
    (0..<Int.random(in: pieces, using: &random))
      .map { _ in Self.pieces.randomElement(using: &random) ?? "" }
      .joined()
  }

  /// Of any kind, with a text without blank lines.
  private func randomBlock(_ random: inout SeededGenerator) -> Body.Block {
    let kind = Body.Block.Kind.allCases.randomElement(using: &random) ?? .paragraph
    let lines = randomText(&random, pieces: 1...12).utf8
      .split(separator: UInt8(ascii: "\n"))
      .filter { !$0.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
      .map { String(decoding: Array($0), as: UTF8.self) }
    return Body.Block(kind, lines.isEmpty ? "- " + "x" : lines.joined(separator: "\n"))
  }

  /// `String` compares by canonical equivalence, the grammar by bytes.
  private func bytes(of blocks: [Body.Block]) -> [[UInt8]] {
    blocks.map { Array("\($0.kind):\($0.text)".utf8) }
  }
}

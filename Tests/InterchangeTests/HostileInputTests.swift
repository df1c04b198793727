import ArchiveModel
import Interchange
import Testing

/// Input that nobody wrote on purpose, from a seed.
private struct HostileText {
  private static let pieces = [
    "\n", "\n", "\n\n\n", "\r\n", "\r", " ", "\t", "News ID:", "Published: ", "By ", "Tags: a,",
    "https://a", "Ferry", "Ferry", "It sails.", "## ", "> ", "- ", "\\", "Captcha refresh\n",
    "Page Generated in ", "0/8580", " sec", "\u{301}", "\u{feff}", "۱٫۲", "{", "}", "[", "\"", ":",
    "\"headline\"", "\"id\"", "\\ud800", "\\u0000", "null", "1e999", ",", "\u{2028}",
  ]

  var state: UInt64

  mutating func next(pieceCount: Int) -> String {
    (0..<pieceCount).map { _ in Self.pieces[number(below: Self.pieces.count)] }.joined()
  }

  /// The generator of Knuth's MMIX; its upper bits are good enough here.
  mutating func number(below limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}

@Suite struct HostileInputTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `accounts for every line of any page and keeps to the body grammar`(seed: UInt64) throws {
    var hostile = HostileText(state: seed)
    for _ in 0..<100 {
      let text = hostile.next(pieceCount: hostile.number(below: 40))
      let page = try LabelledTextPage(Array(text.utf8), profile: .agencyPage)
      let lines = page.explanation.lines
      #expect(lines.map(\.number) == Array(1..<lines.count + 1), "\(text.debugDescription)")
      #expect(
        page.hasHeadline == lines.contains { $0.fate == .headline },
        "\(text.debugDescription)"
      )
      let body = page.version.body
      #expect(Array(Body.normalized(body).utf8) == Array(body.utf8), "\(text.debugDescription)")
      let prose = lines.filter { $0.fate == .paragraph || $0.fate == .heading }.count
      let written = Body.blocks(of: body).map { $0.text.utf8.count { $0 == 0x0a } + 1 }
      #expect(written.reduce(0, +) == prose, "\(text.debugDescription)")
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `survives any lines after a good one`(seed: UInt64) {
    var hostile = HostileText(state: seed)
    for _ in 0..<50 {
      let text = hostile.next(pieceCount: hostile.number(below: 60))
      let whole = WholeImport("{\"headline\": \"One\"}\n" + text)
      #expect(whole.failure == nil, "\(text.debugDescription)")
      #expect(whole.articles.first?.version.headline == "One", "\(text.debugDescription)")
    }
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `survives any bytes`(seed: UInt64) {
    var hostile = HostileText(state: seed)
    let starts: [[UInt8]] = [
      [], [0x7b], [0x1f, 0x8b, 0x08], [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0],
    ]
    for start in starts {
      for _ in 0..<50 {
        let bytes = (0..<hostile.number(below: 80)).map { _ in UInt8(hostile.number(below: 256)) }
        let whole = WholeImport(start + bytes)
        #expect(whole.failure != nil || !whole.records.isEmpty)
      }
    }
  }
}

import ArchiveModel
import Foundation
import Interchange
import Testing

/// A page, line by line, with what becomes of each.
struct PageFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  var lines: [(String, LineFate)]
  var body: String
  var headline = "Ferry back in service"

  var testDescription: String { fact }
  var text: String { lines.map(\.0).joined(separator: "\n") }

  static let all = [
    PageFixture(
      fact: "an agency page",
      lines: [
        ("News ID: 4711", .label(.sourceID)),
        ("Published: 0605 GMT March 1, 2020", .label(.published)),
        ("", .blank),
        ("Ferry back in service", .headline),
        ("", .blank),
        ("Ferry back in service", .repeatedHeadline),
        ("", .blank),
        ("The ferry sails again.", .paragraph),
        ("", .blank),
        ("", .blank),
        ("Two months of repairs", .heading),
        ("", .blank),
        ("", .blank),
        ("It had lain in the dock since January,", .paragraph),
        ("when it hit the pier.", .paragraph),
        ("", .blank),
        ("", .blank),
        ("Security Key:", .furniture(rule: "security-key")),
        ("Captcha refresh", .furniture(rule: "captcha")),
        ("Page Generated in 0/0420 sec", .furniture(rule: "generation-time")),
      ],
      body: """
        The ferry sails again.

        ## Two months of repairs

        It had lain in the dock since January,
        when it hit the pier.
        """
    ),
    PageFixture(
      fact: "all labels, in any case, around the headline",
      lines: [
        ("https://example.org/4711", .label(.url)),
        ("SECTION: Harbour", .label(.section)),
        ("last modified: 2020-03-02", .label(.updated)),
        ("Ferry back in service", .headline),
        ("By Ada Rower", .label(.byline)),
        ("", .blank),
        ("Keywords: ferry,, harbour ,", .label(.tags)),
        ("News ID: 1", .label(.sourceID)),
        ("News ID: 2", .repeatedLabel(.sourceID)),
        ("", .blank),
        ("It sails.", .paragraph),
        ("", .blank),
        ("Section: this is prose by now", .paragraph),
      ],
      body: "It sails.\n\nSection: this is prose by now"
    ),
    PageFixture(
      fact: "prose that begins like a byline",
      lines: [
        ("Ferry back in service", .headline),
        ("", .blank),
        ("By Monday, the ferry will sail.", .paragraph),
        ("", .blank),
        ("By Ada Rower", .paragraph),
      ],
      body: "By Monday, the ferry will sail.\n\nBy Ada Rower"
    ),
    PageFixture(
      fact: "a wrapped paragraph that begins like a byline",
      lines: [
        ("Ferry back in service", .headline),
        ("", .blank),
        ("By Monday the ferry will", .paragraph),
        ("sail.", .paragraph),
      ],
      body: "By Monday the ferry will\nsail."
    ),
    PageFixture(
      fact: "a headline that begins like a byline",
      lines: [
        ("By ferry to the island", .headline),
        ("By Ada Rower", .label(.byline)),
        ("", .blank),
        ("By ferry to the island", .repeatedHeadline),
        ("", .blank),
        ("It sails.", .paragraph),
      ],
      body: "It sails.",
      headline: "By ferry to the island"
    ),
    PageFixture(
      fact: "a headline of two lines",
      lines: [
        ("Ferry back ", .headline),
        (" in service", .headline),
        ("", .blank),
        ("Ferry back in service", .repeatedHeadline),
        ("", .blank),
        ("It sails.", .paragraph),
      ],
      body: "It sails."
    ),
    PageFixture(
      fact: "furniture's words inside the page",
      lines: [
        ("Ferry back in service", .headline),
        ("", .blank),
        ("Captcha refresh", .paragraph),
        ("", .blank),
        ("\"Page Generated in 5 sec\", said the screen.", .paragraph),
        ("Captcha refresh", .furniture(rule: "captcha")),
      ],
      body: "Captcha refresh\n\n\"Page Generated in 5 sec\", said the screen."
    ),
    PageFixture(
      fact: "short lines that are no headings",
      lines: [
        ("Ferry back in service", .headline),
        ("", .blank),
        ("", .blank),
        ("First block", .paragraph),
        ("", .blank),
        ("", .blank),
        ("\"A sentence.\"", .paragraph),
        ("", .blank),
        ("", .blank),
        ("Two lines", .paragraph),
        ("of text", .paragraph),
        ("", .blank),
        ("", .blank),
        ("One blank line after", .paragraph),
        ("", .blank),
        ("One blank line before", .paragraph),
        ("", .blank),
        ("", .blank),
        (String(repeating: "long ", count: 17) + "x", .paragraph),
        ("", .blank),
        (" \t", .blank),
        ("Last block", .paragraph),
        ("", .blank),
        ("", .blank),
      ],
      body: [
        "First block", "\"A sentence.\"", "Two lines\nof text", "One blank line after",
        "One blank line before", String(repeating: "long ", count: 17) + "x", "Last block",
      ].joined(separator: "\n\n")
    ),
    PageFixture(
      fact: "text that looks like the body grammar",
      lines: [
        ("Ferry back in service", .headline),
        ("", .blank),
        ("## One", .paragraph),
        ("", .blank),
        ("> Two", .paragraph),
        ("", .blank),
        ("- Three", .paragraph),
        ("- Four", .paragraph),
        ("", .blank),
        ("\\- Five", .paragraph),
      ],
      body: "\\## One\n\n\\> Two\n\n\\- Three\n- Four\n\n\\\\- Five"
    ),
    PageFixture(
      fact: "no body",
      lines: [
        ("Ferry back in service", .headline),
        ("Captcha refresh", .furniture(rule: "captcha")),
      ],
      body: ""
    ),
    PageFixture(
      fact: "nothing but labels and furniture",
      lines: [
        ("News ID: 1", .label(.sourceID)),
        ("", .blank),
        ("Captcha refresh", .furniture(rule: "captcha")),
      ],
      body: "",
      headline: ""
    ),
    PageFixture(fact: "nothing", lines: [], body: "", headline: ""),
  ]
}

@Suite struct LabelledTextPageTests {
  @Test(arguments: PageFixture.all, ["\n", "\r\n", "\r"])
  func `reads pages and says what became of each line`(
    _ fixture: PageFixture,
    lineBreak: String
  ) throws {
    let text = fixture.text.replacingOccurrences(of: "\n", with: lineBreak)
    let page = try LabelledTextPage(Array(text.utf8), profile: .agencyPage)
    // A blank last line without a line break of its own is no line.
    let expected = fixture.lines.last?.0 == "" ? fixture.lines.dropLast() : fixture.lines[...]
    #expect(page.version.headline == fixture.headline)
    #expect(page.version.body == fixture.body)
    #expect(page.hasHeadline == !fixture.headline.isEmpty)
    #expect(page.explanation.lines.map(\.text) == expected.map(\.0))
    #expect(page.explanation.lines.map(\.fate) == expected.map(\.1))
    #expect(page.explanation.lines.map(\.number) == Array(1..<expected.count + 1))
  }

  @Test func `reads the values of labels`() throws {
    let version = try LabelledTextPage(Array(PageFixture.all[1].text.utf8), profile: .agencyPage)
      .version
    #expect(version.url == "https://example.org/4711")
    #expect(version.section == "Harbour")
    #expect(version.modified == "2020-03-02")
    #expect(version.modifiedRaw == "")
    #expect(version.byline == "Ada Rower")
    #expect(version.tags == ["ferry", "harbour"])
    #expect(version.sourceID == "1")
  }

  @Test(arguments: [
    ("0605 GMT March 1, 2020", "2020-03-01T06:05:00Z", "0605 GMT March 1, 2020"),
    ("2020-03-01", "2020-03-01", ""),
    ("last Sunday", "", "last Sunday"),
    ("", "", ""),
  ])
  func `keeps a date as written where it differs`(text: String, parsed: String, raw: String) throws
  {
    let page = try LabelledTextPage(
      Array("Published: \(text)\n\nFerry".utf8),
      profile: .agencyPage
    )
    #expect(page.version.published == parsed)
    #expect(page.version.publishedRaw == raw)
  }

  @Test func `skips a byte order mark`() throws {
    let page = try LabelledTextPage(
      [0xef, 0xbb, 0xbf] + Array("News ID: 7\n\nFerry".utf8),
      profile: .agencyPage
    )
    #expect(page.version.sourceID == "7")
  }

  @Test func `takes the first value of a label, not the first label`() throws {
    let page = try LabelledTextPage(
      Array("Section:\nSection: One\nSection: Two\n\nFerry".utf8),
      profile: .agencyPage
    )
    #expect(page.version.section == "One")
    let fates: [LineFate] = [
      .label(.section), .label(.section), .repeatedLabel(.section), .blank, .headline,
    ]
    #expect(page.explanation.lines.map(\.fate) == fates)
  }

  @Test func `follows a profile read from JSON`() throws {
    let json = """
      {"source": "Harbour News", "labels": [{"prefix": "Nr:", "field": "sourceID"}],
       "headings": {"lengthLimit": 20, "blankLines": 1, "sentenceEnds": "."},
       "furniture": [{"rule": "hits", "pattern": "# hits"}]}
      """
    let profile = try JSONDecoder().decode(LabelledTextProfile.self, from: Data(json.utf8))
    let page = try LabelledTextPage(
      Array("Nr: 3\nFerry\n\nIt sails.\n\nLater\n\nIt stops.\n\n1.204 hits".utf8),
      profile: profile
    )
    #expect(page.version.source == "Harbour News")
    #expect(page.version.sourceID == "3")
    #expect(page.version.headline == "Ferry")
    #expect(page.version.body == "It sails.\n\n## Later\n\nIt stops.")
  }

  @Test func `keeps its built-in profile through JSON`() throws {
    let json = try JSONEncoder().encode(LabelledTextProfile.agencyPage)
    #expect(try JSONDecoder().decode(LabelledTextProfile.self, from: json) == .agencyPage)
  }

  @Test(arguments: [
    ([0x41, 0x00], ImportFailure.notText(byte: 2)),
    ([0x41, 0x42, 0xff], .notText(byte: 3)),
    ([0xc3], .notText(byte: 1)),
    ([0xed, 0xa0, 0x80], .notText(byte: 1)),
    ([0x41, 0x00, 0xff], .notText(byte: 2)),
    ([0xff, 0x00], .notText(byte: 1)),
  ])
  func `refuses what is not text`(bytes: [UInt8], failure: ImportFailure) {
    #expect(throws: failure) { try LabelledTextPage(bytes, profile: .agencyPage) }
  }

  /// Anything that grows with the square of the lines would take hours here.
  @Test(arguments: [
    "Captcha refresh\n", "\n", "Tags: a\n", "Tags:\n\n", "Ferry\n\n", "Ferry\n\n\n", "It sails.\n",
  ])
  func `reads pages of very many lines`(piece: String) throws {
    let text = "Ferry\n\n" + String(repeating: piece, count: 50_000)
    let page = try LabelledTextPage(Array(text.utf8), profile: .agencyPage)
    let lineCount = text.utf8.count { $0 == UInt8(ascii: "\n") }
    #expect(page.explanation.lines.count == lineCount)
  }
}

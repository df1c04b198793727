import ArchiveModel
import CRDT
import ChangeLog
import Interchange
import Testing

@Suite struct ArticleMarkdownTests {
  private static let nasty = [
    "", " ", "yes", "null", "~", "2019-09-16", "0x1F", "1.0", "- a", "a: b", "a:", "a #b", "#a",
    "\"quoted\"", "'quoted'", "back\\slash", "two\nlines", "tab\there", "[x]", "{x}", "*a", "&a",
    "!a", "%a", "@a", "`a", "|", ">", "---", "...", "é", "e\u{301}", "سلام: علیکم", "👩‍👩‍👧", "\u{85}",
    "\u{2028}", "\u{FEFF}a", "\u{1}", "\u{9F}", "\u{FFFF}", "a\r\nb", " lead", "trail ", "<<", "=",
    "? a", "a ,b", "가나다", "\u{10FFFF}",
  ]

  private func article(_ version: ArticleVersion) throws -> Article {
    let dot = Dot(lane: try #require(LaneID([UInt8](repeating: 1, count: 16))), seq: 1, index: 0)
    let name = VersionName(ofRecord: version.record)
    var state = ObjectState()
    state.apply(
      .add(field: ArticleField.versions.rawValue, element: name.bytes),
      at: dot,
      time: 0
    )
    return Article(
      id: ArticleIdentity(of: version).object,
      state: state,
      versions: [name: version]
    )
  }

  @Test(arguments: nasty)
  func `written and read again is the same, byte for byte`(text: String) throws {
    var version = ArticleVersion()
    version.headline = text
    version.published = text
    version.body = text
    version.tags = text.isEmpty ? [] : [text, "other"]
    let article = try article(version)
    let draft = try ArticleMarkdown.draft(of: ArticleMarkdown.text(of: article))
    #expect(draft.body.utf8.elementsEqual(text.utf8))
    for (field, read) in draft.fields {
      #expect(read?.utf8.elementsEqual(article.shown[field].utf8) == true, "\(field)")
    }
    let tags = try #require(draft.tags)
    #expect(tags.elementsEqual(article.tags) { $0.utf8.elementsEqual($1.utf8) })
  }

  @Test
  func `a line that is gone withdraws, an empty one is a text, a tags key that is gone stays`()
    throws
  {
    let draft = try ArticleMarkdown.draft(of: "---\nheadline: no\nbyline:\n---\n\nBody\n---\n")
    let fields = Dictionary(uniqueKeysWithValues: draft.fields)
    #expect(fields[.headline] == "no")
    #expect(fields[.byline] == "")
    #expect(fields[.section] == .some(nil))
    #expect(draft.tags == nil)
    #expect(draft.body == "Body\n---\n")
    #expect(try ArticleMarkdown.draft(of: "---\ntags: []\n---\n").tags == [])
    #expect(try ArticleMarkdown.draft(of: "---\ntags: [a, 1]\n---\n").tags == ["a", "1"])
  }

  @Test(arguments: [
    ("no front matter", FrontMatterFailure.missing), ("", .missing),
    ("---\nheadline: a\n", .unclosed), ("---\nheadlin: a\n---\n", .unknownKey("headlin")),
    ("---\nheadline: [a]\n---\n", .notAText("headline")),
    ("---\ntags: a, b\n---\n", .tagsAreNoList), ("---\ntags: [[a]]\n---\n", .tagsAreNoList),
  ])
  func `what cannot be taken is said`(text: String, failure: FrontMatterFailure) {
    #expect(throws: failure) { try ArticleMarkdown.draft(of: text) }
  }

  @Test(arguments: [
    "---\nheadline: \"a\n---\n", "---\nheadline: a: b\n---\n", "---\n- a\n---\n",
    "---\nheadline: a\nheadline: b\n---\n", "---\nheadline: *x\n---\n", "---\n\u{1}\n---\n",
    "---\n" + String(repeating: "[", count: 5000) + "\n---\n",
  ])
  func `broken YAML is one sentence`(text: String) {
    #expect {
      try ArticleMarkdown.draft(of: text)
    } throws: { error in
      guard case FrontMatterFailure.unreadable = error else { return false }
      return true
    }
  }
}

import ArchiveModel
import SyncSimulation
import Testing

@Suite struct ArticleDifferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let old: String
    let new: String
    /// Changed paragraphs, words as `[-old-]{+new+}`.
    let marked: [String]
  }

  static let cases = [
    Case(testDescription: "nothing", old: "a b\n\nc", new: "a b\n\nc", marked: []),
    Case(
      testDescription: "a word",
      old: "a b c\n\nd",
      new: "a x c\n\nd",
      marked: ["1>1 a [-b-]{+x+} c"]
    ),
    Case(
      testDescription: "a new paragraph",
      old: "a\n\nc",
      new: "a\n\nb b\n\nc",
      marked: ["->2 {+b b+}"]
    ),
    Case(
      testDescription: "a gone paragraph",
      old: "a\n\nb\n\nc",
      new: "a\n\nc",
      marked: ["2>- [-b-]"]
    ),
    Case(
      testDescription: "canonically equal but other scalars",
      old: "caf\u{E9}",
      new: "cafe\u{301}",
      marked: ["1>1 [-caf\u{E9}-]{+cafe\u{301}+}"]
    ),
    Case(
      testDescription: "two at one place",
      old: "a one\n\nb two\n\nend",
      new: "a uno\n\nb due\n\nend",
      marked: ["1>1 a [-one-]{+uno+}", "2>2 b [-two-]{+due+}"]
    ),
    Case(testDescription: "everything", old: "", new: "a", marked: ["->1 {+a+}"]),
  ]

  @Test(arguments: cases)
  func `changed paragraphs are told word by word`(_ example: Case) {
    let difference = ArticleDifference(from: article(example.old), to: article(example.new))
    let marked = difference.paragraphs.map { paragraph in
      let numbers = [paragraph.oldNumber, paragraph.newNumber].map { $0.map(String.init) ?? "-" }
      return numbers.joined(separator: ">") + " " + paragraph.segments.map(Self.mark).joined()
    }
    #expect(marked.map { Array($0.utf8) } == example.marked.map { Array($0.utf8) })
    #expect(difference.fields.isEmpty)
  }

  @Test func `fields differ by bytes, tags among them`() {
    var old = article("a")
    var new = old
    old.headline = "caf\u{E9}"
    new.headline = "cafe\u{301}"
    new.tags = ["x"]
    let difference = ArticleDifference(from: old, to: new)
    #expect(difference.fields.map(\.name) == ["headline", "tags"])
    #expect(difference.fields.map(\.new.unicodeScalars.count) == [5, 1])
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `what stayed and went is the old text, what stayed and came the new one`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func text() -> String {
      (0..<Int.random(in: 0...12, using: &random))
        .map { _ in ["a", "b", " ", "  ", "é", "c"].randomElement(using: &random) ?? "" }.joined()
    }
    let (old, new) = (text(), text())
    let segments = ArticleDifference.segments(old, new)
    func joined(_ left: ArticleDifference.Segment.Kind) -> [UInt8] {
      segments.filter { $0.kind != left }.flatMap { Array($0.text.utf8) }
    }
    #expect(joined(.added) == Array(old.utf8))
    #expect(joined(.removed) == Array(new.utf8))
  }

  private func article(_ body: String) -> ArticleVersion {
    var version = ArticleVersion()
    version.body = body
    return version
  }

  private static func mark(_ segment: ArticleDifference.Segment) -> String {
    switch segment.kind {
    case .same: segment.text
    case .removed: "[-\(segment.text)-]"
    case .added: "{+\(segment.text)+}"
    }
  }
}

@Suite struct PointInTimeTests {
  static let times: [(String, Int64?)] = [
    ("1970-01-01", 86_399_999), ("1970-01-01T00:00:01Z", 1000), ("1970-01-01T00:00:01", 1000),
    ("1970-01-01T00:00:01.5Z", 1500), ("1970-01-01T00:00:01.123456Z", 1123),
    ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:30:00-00:30", 0), ("1970-01-01T00:00:00z", 0),
    ("", nil), ("1970", nil), ("1970-13-01", nil), ("1970-01-01T", nil), ("1970-01-01T00:00Z", nil),
    ("1970-01-01T24:00:00Z", nil), ("1970-01-01T00:61:00Z", nil), ("1970-01-01T00:00:00.Z", nil),
    ("1970-01-01T00:00:00+1", nil), ("1970-01-01T00:00:00+25:00", nil), ("yesterday", nil),
    ("1970-01-01T00:00:00Zé", nil), ("é", nil),
  ]

  @Test(arguments: times)
  func `a time is RFC 3339, a day its end`(_ text: String, _ expected: Int64?) {
    #expect(PointInTime.milliseconds(text) == expected)
  }
}

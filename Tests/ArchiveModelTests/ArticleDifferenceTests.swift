import ArchiveModel
import Testing

@Suite struct ArticleDifferenceTests {
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

  @Test func `the body differs by passages`() {
    let difference = ArticleDifference(from: article("a b c\n\nd"), to: article("a x c\n\nd"))
    #expect(difference.fields.isEmpty)
    #expect(difference.passages.map(\.text) == ["a [-b-]{+x+} c"])
    #expect(difference.passages.map(\.firstBlock) == [1])
    #expect(ArticleDifference(from: article("a"), to: article("a")).isEmpty)
  }

  private func article(_ body: String) -> ArticleVersion {
    var version = ArticleVersion()
    version.body = body
    return version
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

import ArchiveModel
import Foundation
import Interchange
import Testing

@Suite struct JSONLinesTests {
  @Test func `reads every key`() throws {
    let line = """
      {"id": "a1", "source": "Harbour News", "url": "https://example.org/1", "language": "en", \
      "published": "2020-03-01T06:05:00+01:00", "headline": "Ferry", "byline": "Ada Rower", \
      "section": "Harbour", "tags": ["ferry", "pier"], "body": "\\r\\nOne\\r\\n\\r\\n\\r\\nTwo", \
      "unknown": {"x": [1]}}
      """
    var version = ArticleVersion()
    version.sourceID = "a1"
    version.source = "Harbour News"
    version.url = "https://example.org/1"
    version.language = "en"
    version.published = "2020-03-01T05:05:00Z"
    version.publishedRaw = "2020-03-01T06:05:00+01:00"
    version.headline = "Ferry"
    version.byline = "Ada Rower"
    version.section = "Harbour"
    version.tags = ["ferry", "pier"]
    version.body = "One\n\nTwo"
    let articles = WholeImport(line).articles
    #expect(articles.map(\.version.record) == [version.record])
    #expect(articles.map(\.raw) == [Array(line.utf8)])
    #expect(articles.map(\.line) == [1])
  }

  @Test func `takes null and absence for unknown`() {
    let line = #"{"id": null, "tags": null, "published": null, "body": null, "headline": "Ferry"}"#
    var version = ArticleVersion()
    version.headline = "Ferry"
    #expect(WholeImport(line).articles.map(\.version.record) == [version.record])
  }

  @Test(arguments: [
    (#""a""#, "a"), ("258804", "258804"), ("-1", "-1"), ("0", "0"),
    ("18446744073709551615", "18446744073709551615"),
  ])
  func `takes a text or an integer as the source's id`(id: String, expected: String) {
    let whole = WholeImport(#"{"headline": "Ferry", "id": \#(id)}"#)
    #expect(whole.articles.map(\.version.sourceID) == [expected])
  }

  @Test(arguments: [
    (#"{"headline": "A""#, "is not valid JSON"),
    (#"{"headline": "A"} x"#, "is not valid JSON"),
    ("{\"headline\": \"A\u{0}\"}", "is not valid UTF-8 text (byte 16)"),
    (#"{"headline": "\ud800"}"#, "is not valid JSON"),
    ("Ferry", "is not valid JSON"),
    (#"["headline"]"#, "is not a JSON object"),
    ("7", "is not a JSON object"),
    (#""headline""#, "is not a JSON object"),
    ("null", "is not a JSON object"),
    ("{}", "has neither a headline nor a body"),
    (#"{"headline": "", "body": " \n"}"#, "has neither a headline nor a body"),
    (#"{"headline": 7}"#, "has a value of the wrong type for \"headline\""),
    (#"{"headline": "A", "tags": "b"}"#, "has a value of the wrong type for \"tags\""),
    (#"{"headline": "A", "tags": ["b", 1]}"#, "has a value of the wrong type for \"tags\""),
    (#"{"headline": "A", "id": 1.5}"#, "has a value of the wrong type for \"id\""),
    (#"{"headline": "A", "id": true}"#, "has a value of the wrong type for \"id\""),
    (
      #"{"headline": "A", "id": 99999999999999999999}"#,
      "has a value of the wrong type for \"id\""
    ),
    (#"{"headline": "A", "id": 1e999}"#, "has a value of the wrong type for \"id\""),
  ])
  func `rejects a bad line and goes on`(line: String, reason: String) {
    let whole = WholeImport("{\"headline\": \"One\"}\n\n\(line)\n{\"headline\": \"Two\"}\n")
    #expect(whole.failure == nil)
    #expect(whole.articles.map(\.version.headline) == ["One", "Two"])
    #expect(whole.articles.map(\.line) == [1, 4])
    #expect(whole.rejections == [Rejection(line: 3, reason: reason)])
  }

  @Test(arguments: [
    ("{\"x\": ", "[", 62, false), ("{\"x\": ", "[", 64, true), ("{\"x\": ", "[", 500_000, true),
    ("", "{\"a\":", 65, true), ("", "{\"a\":", 100_000, true),
  ])
  func `rejects deep nesting`(start: String, piece: String, count: Int, isTooDeep: Bool) {
    let line = start + String(repeating: piece, count: count)
    let whole = WholeImport("{\"headline\": \"One\"}\n\(line)\n")
    let reason = isTooDeep ? "is nested more than 64 levels deep" : "is not valid JSON"
    #expect(whole.rejections == [Rejection(line: 2, reason: reason)])
  }

  @Test func `says where a line is not UTF-8`() {
    let bytes = Array("{\"headline\": \"One\"}\n{\"headline\": \"".utf8) + [0xc3, 0x28]
    #expect(
      WholeImport(bytes).rejections
        == [Rejection(line: 2, reason: "is not valid UTF-8 text (byte 15)")]
    )
  }

  @Test func `does not count brackets in texts`() {
    let brackets = String(repeating: "[{\\\"", count: 200)
    let whole = WholeImport(#"{"headline": "\#(brackets)"}"#)
    #expect(whole.articles.count == 1)
  }

  @Test func `replaces NUL in values`() {
    let whole = WholeImport(#"{"headline": "A\u0000B", "body": "\u0000", "tags": ["\u0000"]}"#)
    let version = whole.articles.first?.version
    #expect(version?.headline == "A\u{fffd}B")
    #expect(version?.body == "\u{fffd}")
    #expect(version?.tags == ["\u{fffd}"])
  }

  @Test func `uses the options where a line is silent`() {
    let whole = WholeImport(
      """
      {"headline": "One", "source": "Own", "language": "fa"}
      {"headline": "Two", "source": ""}
      """,
      ImportOptions(source: "Given", language: "en")
    )
    #expect(whole.articles.map(\.version.source) == ["Own", "Given"])
    #expect(whole.articles.map(\.version.language) == ["fa", "en"])
  }

  @Test func `skips a byte order mark and counts blank lines`() {
    let first = #"{"headline": "One"}"#
    let second = #" {"headline": "Two"} "#
    let text = "\u{feff}\n \r\n\(first)\r\n\t\n\(second)"
    let whole = WholeImport(text)
    #expect(whole.articles.map(\.line) == [3, 5])
    #expect(whole.articles.map(\.raw) == [Array(first.utf8), Array(second.utf8)])
  }

  @Test func `keeps the order of many lines over several batches`() {
    let lines = (1...60_000).map { #"{"id": \#($0), "headline": "Ferry number \#($0) sails"}"# }
    let whole = WholeImport(gzip(Array(lines.joined(separator: "\n").utf8)))
    #expect(whole.batches.count > 1)
    #expect(whole.articles.map(\.line) == Array(1...60_000))
    #expect(whole.articles.map(\.version.sourceID) == (1...60_000).map(String.init))
    #expect(whole.articles.map(\.raw) == lines.map { Array($0.utf8) })
  }

  @Test(arguments: [0, 1, 2, 3_000_000], ["\n", "\r\n"])
  func `rejects a line that is too long and goes on`(excess: Int, lineBreak: String) {
    let frame = #"{"headline": "A", "body": ""}"#.utf8.count
    let body = String(repeating: "x", count: (1 << 20) - frame + excess)
    let text = ["{\"headline\": \"One\"}", #"{"headline": "A", "body": "\#(body)"}"#, "", "{}"]
      .joined(separator: lineBreak)
    let whole = WholeImport(text)
    #expect(whole.articles.count == (excess == 0 ? 2 : 1))
    let tooLong = Rejection(line: 2, reason: "is longer than 1 MiB")
    let empty = Rejection(line: 4, reason: "has neither a headline nor a body")
    #expect(whole.rejections == (excess == 0 ? [empty] : [tooLong, empty]))
  }

  @Test func `rejects a last line that is too long`() {
    let whole = WholeImport("{" + String(repeating: "x", count: 5 << 20))
    #expect(whole.articles.isEmpty)
    #expect(whole.rejections == [Rejection(line: 1, reason: "is longer than 1 MiB")])
    #expect(whole.failure == nil)
  }
}

import Foundation
import Interchange
import RevisionReplay
import Testing

@Suite(
  .enabled(
    if: SharedData.isPresent,
    "needs the folder of shared data beside the package (../shared/data)"
  )
)
struct SharedJSONTests {
  private struct Case: Decodable {
    var name: String
    var expect: String
    var bytes: Data

    enum CodingKeys: String, CodingKey {
      case name, expect
      case bytes = "bytes_base64"
    }
  }

  private let frame = Array("{\"headline\": \"Frame\"}".utf8)

  @Test func `survives every case of the parsing suite as a line`() throws {
    let cases = try SharedData.objects("robustness/json-parsing-suite.jsonl.gz", as: Case.self)
    #expect(cases.count == 318)
    for testCase in cases {
      let whole = WholeImport(frame + [0x0a] + Array(testCase.bytes) + [0x0a] + frame)
      #expect(whole.failure == nil, "\(testCase.name)")
      let headlines = whole.articles.map(\.version.headline)
      #expect(headlines.first == "Frame" && headlines.last == "Frame", "\(testCase.name)")
    }
  }

  @Test func `survives every case of the parsing suite as a value`() throws {
    let cases = try SharedData.objects("robustness/json-parsing-suite.jsonl.gz", as: Case.self)
    for testCase in cases where !testCase.bytes.contains(0x0a) {
      let line = Array("{\"headline\": \"A\", \"x\": ".utf8) + Array(testCase.bytes) + [0x7d]
      let whole = WholeImport(frame + [0x0a] + line)
      #expect(whole.records.count == 2, "\(testCase.name)")
      if testCase.expect == "accept" { #expect(whole.articles.count == 2, "\(testCase.name)") }
    }
  }

  @Test func `keeps naughty strings as headlines`() throws {
    let strings = try JSONDecoder().decode(
      [String].self,
      from: Data(SharedData.bytes("robustness/blns.json"))
    )
    #expect(strings.count > 500)
    let encoder = JSONEncoder()
    let lines = try strings.map { Array(try encoder.encode(["headline": $0, "body": "x"])) }
    let whole = WholeImport(Array(lines.joined(separator: [0x0a])))
    #expect(whole.rejections.isEmpty)
    #expect(
      whole.articles.map { Array($0.version.headline.utf8) }
        == strings.map { Array($0.replacing("\0", with: "\u{fffd}").utf8) }
    )
  }

  @Test func `reads the whole corpus`() throws {
    let folder = SharedData.path("corpus")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".jsonl.gz") }
    #expect(!names.isEmpty)
    for name in names {
      let whole = WholeImport(path: folder + "/" + name)
      #expect(whole.failure == nil, "\(name)")
      #expect(whole.rejections.isEmpty, "\(name)")
      let lineCount = try SharedData.bytes("corpus/" + name).count { $0 == 0x0a }
      #expect(whole.articles.count == lineCount, "\(name)")
      #expect(whole.articles.allSatisfy { $0.version.publishedRaw.isEmpty }, "\(name)")
    }
  }
}

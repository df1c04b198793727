import Interchange
import Testing

/// The bytes of a file and what importing them gives.
struct FileFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  var bytes: [UInt8]
  var articleCount = 0
  var failure: ImportFailure?

  var testDescription: String { fact }

  init(_ fact: String, _ bytes: [UInt8], articles: Int) {
    self.fact = fact
    self.bytes = bytes
    articleCount = articles
  }

  init(_ fact: String, _ bytes: [UInt8], _ failure: ImportFailure) {
    self.fact = fact
    self.bytes = bytes
    self.failure = failure
  }

  static let page = Array("News ID: 1\n\nFerry\n\nIt sails.".utf8)
  static let lines = Array("{\"headline\": \"One\"}\n{\"headline\": \"Two\"}\n".utf8)
  private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

  static let articles: [FileFixture] = [
    FileFixture("a page", page, articles: 1),
    FileFixture("JSON Lines", lines, articles: 2),
    FileFixture("JSON Lines after white space", Array(" \r\n\t".utf8) + lines, articles: 2),
    FileFixture("JSON Lines after a byte order mark", mark + lines, articles: 2),
    FileFixture("a page that begins with a bracket", Array("[Ferry]".utf8), articles: 1),
    FileFixture("a page of one letter", Array("F".utf8), articles: 1),
    FileFixture("a page, gzip", gzip(page), articles: 1),
    FileFixture("JSON Lines, gzip", gzip(lines), articles: 2),
    FileFixture("gzip of two members", gzip(lines) + gzip(lines), articles: 4),
    FileFixture(
      "a line cut in two by gzip members",
      gzip(Array(lines.dropLast(9))) + gzip(Array(lines.suffix(9))),
      articles: 2
    ),
    FileFixture("empty gzip members", gzip([]) + gzip(lines) + gzip([]), articles: 2),
  ]

  static let failures: [FileFixture] = [
    FileFixture("nothing", [], .noHeadline),
    FileFixture("blank lines", Array(" \n\n".utf8), .noHeadline),
    FileFixture("a byte order mark", mark, .noHeadline),
    FileFixture("a label", Array("News ID: 1".utf8), .noHeadline),
    FileFixture("nothing, gzip", gzip([]), .noHeadline),
    FileFixture("binary", [0x00, 0x01], .notText(byte: 1)),
    FileFixture("UTF-16", [0xff, 0xfe, 0x41, 0x00], .notText(byte: 1)),
    FileFixture("gzip magic", [0x1f, 0x8b], .damagedGzip(.truncated)),
    FileFixture(
      "text after gzip",
      gzip(page) + Array("more".utf8),
      .damagedGzip(.trailingBytes)
    ),
    FileFixture("a NUL after gzip", gzip(page) + [0], .damagedGzip(.trailingBytes)),
    FileFixture("half a magic after gzip", gzip(page) + [0x1f], .damagedGzip(.truncated)),
    FileFixture("a wrong magic after gzip", gzip(page) + [0x1f, 0], .damagedGzip(.corrupt)),
    FileFixture("an unknown gzip method", [0x1f, 0x8b, 0x07] + page, .damagedGzip(.corrupt)),
    FileFixture("9 MiB of spaces", large(0x20, 9), .tooLarge(byteLimit: 8 << 20)),
    FileFixture("9 MiB of letters", large(0x41, 9), .tooLarge(byteLimit: 8 << 20)),
    FileFixture(
      "64 MiB of letters, gzip",
      gzip(large(0x41, 64)),
      .tooLarge(byteLimit: 8 << 20)
    ),
  ]

  private static func large(_ byte: UInt8, _ mebibytes: Int) -> [UInt8] {
    [UInt8](repeating: byte, count: mebibytes << 20)
  }
}

import Foundation
import Interchange
import Testing

@Suite struct ArticleFileTests {
  @Test(arguments: FileFixture.articles)
  func `tells by its content what a file is`(_ fixture: FileFixture) {
    let whole = WholeImport(fixture.bytes)
    #expect(whole.failure == nil)
    #expect(whole.rejections.isEmpty)
    #expect(whole.articles.count == fixture.articleCount)
  }

  @Test func `keeps a whole page as its raw bytes, inflated`() {
    let page = [0xef, 0xbb, 0xbf] + FileFixture.page + [0x0d, 0x0a]
    #expect(WholeImport(gzip(page)).articles.map(\.raw) == [page])
    #expect(WholeImport(page).articles.map(\.line) == [nil])
  }

  @Test func `lets the options name source and language of a page`() {
    var profile = LabelledTextProfile.agencyPage
    profile.source = "Profile"
    profile.language = "de"
    let plain = WholeImport(FileFixture.page, ImportOptions(language: "en", profile: profile))
    #expect(plain.articles.map(\.version.source) == ["Profile"])
    #expect(plain.articles.map(\.version.language) == ["de"])
    let named = WholeImport(FileFixture.page, ImportOptions(source: "Given", profile: profile))
    #expect(named.articles.map(\.version.source) == ["Given"])
    let bare = WholeImport(FileFixture.page, ImportOptions(language: "en"))
    #expect(bare.articles.map(\.version.language) == ["en"])
  }

  @Test(arguments: FileFixture.failures)
  func `refuses what is no article`(_ fixture: FileFixture) {
    let whole = WholeImport(fixture.bytes)
    #expect(whole.failure == fixture.failure)
    #expect(whole.records.isEmpty)
  }

  @Test func `takes a page of exactly the limit`() {
    let bytes = Array("A\n\n".utf8) + [UInt8](repeating: 0x41, count: (8 << 20) - 3)
    #expect(WholeImport(bytes).articles.count == 1)
    #expect(WholeImport(bytes + [0x41]).failure == .tooLarge(byteLimit: 8 << 20))
  }

  @Test func `never takes a cut gzip file for a whole one`() {
    let whole = gzip(FileFixture.lines)
    for count in 2..<whole.count {
      let cut = WholeImport(Array(whole.prefix(count)))
      #expect(cut.failure == .damagedGzip(.truncated), "\(count) bytes")
    }
  }

  @Test func `survives any flipped byte of a gzip file`() {
    let whole = gzip(FileFixture.lines)
    for index in whole.indices {
      var flipped = whole
      flipped[index] ^= 0x55
      let result = WholeImport(flipped)
      // Bytes of the header may change without harm: time and system.
      #expect(result.failure != nil || result.articles.count == 2, "byte \(index)")
    }
  }

  @Test func `gives the good batches before the damage`() {
    let lines = (1...60_000).map { #"{"id": \#($0), "headline": "Ferry number \#($0)"}"# }
    let whole = WholeImport(gzip(Array(lines.joined(separator: "\n").utf8)).dropLast(4))
    #expect(whole.failure == .damagedGzip(.truncated))
    #expect(whole.articles.count > 10_000)
  }

  @Test func `is at its end after a failure`() throws {
    var file = try ArticleFile(bytes: Array("News ID: 1".utf8), options: ImportOptions())
    do throws(ImportFailure) {
      _ = try file.nextPart()
      Issue.record("no failure")
    } catch {
      #expect(error == .noHeadline)
    }
    let more = try file.nextPart()
    #expect(more == nil)
  }

  @Test func `explains a page that is no article`() throws {
    var file = try ArticleFile(bytes: gzip(Array("News ID: 1".utf8)), options: ImportOptions())
    let page = try file.explainedPage()
    #expect(page?.hasHeadline == false)
    #expect(page?.explanation.lines.map(\.fate) == [.label(.sourceID)])
    let more = try file.nextPart()
    #expect(more == nil)
  }

  @Test func `explains no JSON Lines, but still reads them`() throws {
    var file = try ArticleFile(bytes: FileFixture.lines, options: ImportOptions())
    let page = try file.explainedPage()
    #expect(page == nil)
    let part = try file.nextPart()
    #expect(part?.records().count == 2)
  }

  @Test func `reads files and tells how far it is`() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("stet-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = (1...100_000).map { #"{"id": \#($0), "headline": "Ferry"}"# }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    var file = try ArticleFile(path: path, options: ImportOptions())
    #expect(file.totalBytes == bytes.count)
    let first = try file.nextPart()
    let early = file.bytesRead
    #expect(first != nil && early > 0 && early < bytes.count)
    while try file.nextPart() != nil {}
    #expect(file.bytesRead == bytes.count)
  }

  @Test func `says why a file cannot be read`() {
    let folder = FileManager.default.temporaryDirectory
    #expect(
      WholeImport(path: folder.path).failure == .unreadable(reason: "Is a directory")
    )
    let missing = folder.appendingPathComponent("stet-\(UUID().uuidString)").path
    #expect(WholeImport(path: missing).failure == .unreadable(reason: "No such file or directory"))
  }
}

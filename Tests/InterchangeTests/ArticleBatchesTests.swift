import Dispatch
import Foundation
import Interchange
import Synchronization
import Testing

@Suite struct ArticleBatchesTests {
  /// Some mebibytes of lines.
  private static let lines = (1...40_000).map { number in
    #"{"id": \#(number), "headline": "Ferry", "body": "\#(String(repeating: "a", count: 250))"}"#
  }

  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("stet-\(UUID().uuidString)").path

  private func batches<Record: Sendable>(
    of bytes: [UInt8],
    _ prepare: @escaping @Sendable (ImportedRecord) -> Record
  ) throws -> ArticleBatches<Record> {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return ArticleBatches(path: path, options: ImportOptions(), preparing: prepare)
  }

  private static func line(_ record: ImportedRecord) -> Int? {
    guard case .article(let article) = record else { return nil }
    return article.line
  }

  @Test func `come in the file's order, with how far it is read`() throws {
    let bytes = Array(Self.lines.joined(separator: "\n").utf8)
    let batches = try batches(of: bytes, Self.line)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var lines: [Int?] = []
    var reached = 0
    var count = 0
    while let batch = try batches.next() {
      lines += batch.records
      #expect(batch.bytesRead > reached && batch.totalBytes == bytes.count)
      reached = batch.bytesRead
      count += 1
      if count.isMultiple(of: 3) { batches.workAhead() }
    }
    #expect(lines == Array(1...Self.lines.count))
    #expect(count > 8 && reached == bytes.count)
    #expect(try batches.next() == nil)
  }

  @Test func `are read ahead of the one who takes them, up to a bound`() throws {
    let prepared = Mutex<Set<Int>>([])
    let bytes = Array(Self.lines.joined(separator: "\n").utf8)
    // A part is a mebibyte, of some thousand lines.
    let lineByteCount = bytes.count / Self.lines.count
    let batches = try batches(of: bytes) { record in
      let line = Self.line(record) ?? 0
      prepared.withLock { _ = $0.insert(line * lineByteCount >> 20) }
      return line
    }
    defer { try? FileManager.default.removeItem(atPath: path) }
    var taken = 0
    while taken < 4, try batches.next() != nil {
      taken += 1
      // One more, because lines do not end where a mebibyte does.
      #expect(prepared.withLock { $0.count } <= taken + 4 + 1)
    }
    #expect(taken == 4)
  }

  @Test func `hold a bounded number of lines, however short these are`() throws {
    let bytes = Array("{".utf8) + Array(String(repeating: "0\n", count: 600_000).utf8)
    let batches = try batches(of: bytes) { record -> Int? in
      guard case .rejected(let rejection) = record else { return nil }
      return rejection.line
    }
    defer { try? FileManager.default.removeItem(atPath: path) }
    var lines: [Int?] = []
    while let batch = try batches.next() {
      #expect(batch.records.count <= 1 << 14)
      lines += batch.records
    }
    #expect(lines == Array(1...600_000))
  }

  @Test func `that do not come are not waited for longer than asked`() throws {
    // A pipe into which nobody writes yet.
    #expect(mkfifo(path, 0o600) == 0)
    let batches = ArticleBatches(path: path, options: ImportOptions(), preparing: Self.line)
    #expect(!batches.hasNext(by: .now()))
    let writer = try #require(FileHandle(forWritingAtPath: path))
    try FileManager.default.removeItem(atPath: path)
    try writer.write(contentsOf: Data(#"{"headline": "Ferry"}"#.utf8))
    #expect(!batches.hasNext(by: .now()))
    try writer.close()
    #expect(batches.hasNext(by: .distantFuture))
    #expect(try batches.next()?.records == [1])
    #expect(batches.hasNext(by: .distantFuture))
    #expect(try batches.next() == nil)
    #expect(batches.hasNext(by: .now()))
  }

  @Test func `before a failure are good, and nothing comes after it`() throws {
    let whole = gzip(Array(Self.lines.joined(separator: "\n").utf8))
    let batches = try batches(of: whole.dropLast(4), Self.line)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var lines: [Int?] = []
    do throws(ImportFailure) {
      while let batch = try batches.next() { lines += batch.records }
      Issue.record("no failure")
    } catch {
      #expect(error == .damagedGzip(.truncated))
    }
    #expect(lines == Array(1...lines.count) && lines.count > 30_000)
    #expect(try batches.next() == nil)
  }
}

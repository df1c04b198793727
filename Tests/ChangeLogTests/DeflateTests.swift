import ChangeLog
import Foundation
import SyncSimulation
import Testing

@Suite struct DeflateTests {
  @Test(arguments: 1...9 as ClosedRange<Int32>)
  func `restores what it compressed`(level: Int32) throws {
    var random = SeededRandom(seed: UInt64(level))
    for count in [0, 1, 2, 100, 70_000] {
      for raw in [random.bytes(count), [UInt8](repeating: 7, count: count)] {
        let compressed = Deflate.compress(raw, level: level)
        #expect(try Deflate.decompress(compressed, rawSize: raw.count) == raw)
      }
    }
  }

  @Test(arguments: 0..<5 as Range<UInt64>)
  func `another size than declared is damage`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let raw = random.bytes(200)
    let compressed = Deflate.compress(raw + raw, level: 6)
    for size in [0, 1, 399, 401, 1 << 40] {
      #expect(throws: LogFailure.damaged("compressed section")) {
        try Deflate.decompress(compressed, rawSize: size)
      }
    }
  }

  @Test func `missing and trailing bytes are damage`() throws {
    let raw = Array("rain and snow and rain and snow".utf8)
    let compressed = Deflate.compress(raw, level: 6)
    for bytes in compressed.indices.map({ Array(compressed[..<$0]) }) + [compressed + [0]] {
      #expect(throws: LogFailure.damaged("compressed section")) {
        try Deflate.decompress(bytes, rawSize: raw.count)
      }
    }
  }

  /// RFC 1952's CRC, as the check value of its catalogue: of the nine digits.
  @Test func `checksum is the CRC-32 of gzip`() {
    #expect(Deflate.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(Deflate.checksum([]) == 0)
  }

  // MARK: - Inputs that broke other inflaters

  /// `../shared/data`, seen from the package; `STET_SHARED_DATA` says otherwise.
  private static let sharedData =
    ProcessInfo.processInfo.environment["STET_SHARED_DATA"].map(URL.init(fileURLWithPath:))
    ?? URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("../shared/data").standardized

  private static let seeds = sharedData.appendingPathComponent(
    "robustness/compressed/inflate-fuzz-seeds.jsonl.gz"
  )

  private struct Seed: Decodable {
    let name: String
    let bytes: Data

    enum CodingKeys: String, CodingKey {
      case name
      case bytes = "bytes_base64"
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: seeds.path),
      "needs the folder of shared data beside the package (../shared/data)"
    )
  )
  func `fuzzers' inputs give the declared size or damage`() throws {
    let file = Array(try Data(contentsOf: Self.seeds))
    let size = file.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    // A gzip header with no name and no extra field: 10 bytes.
    try #require(file[3] == 0)
    let lines = try Deflate.decompress(Array(file[10..<(file.count - 8)]), rawSize: size)
    let seeds = try lines.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Seed.self, from: Data($0))
    }
    #expect(!seeds.isEmpty)
    for seed in seeds {
      for size in [0, 1, 64, 4096, 1 << 20] {
        do throws(LogFailure) {
          let raw = try Deflate.decompress(Array(seed.bytes), rawSize: size)
          #expect(raw.count == size)
        } catch {
          #expect(error == .damaged("compressed section"), "\(seed.name)")
        }
      }
    }
  }
}

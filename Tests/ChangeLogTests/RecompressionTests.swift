import CRDT
import ChangeLog
import SwiftProtobuf
import SyncSimulation
import Testing

@Suite struct RecompressionTests {
  private func changes(of bytes: [UInt8]) -> [Change]? {
    var log = TestLog()
    return try? log.append(bytes).changes
  }

  /// Text that deflate can do something with.
  private func text(_ wordCount: Int, _ random: inout SeededRandom) -> String {
    (0..<wordCount).map { _ in "word\(Int.random(in: 0..<300, using: &random))" }
      .joined(separator: " ")
  }

  private func pack(_ seed: UInt64, level: Int32) throws -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var author = try TestAuthor(1)
    let edits = (0..<Int.random(in: 3...20, using: &random)).map { _ in
      [ChangeLog.Operation.write(text(.random(in: 50...600, using: &random), &random))]
    }
    return try author.pack(edits, level: level)
  }

  @Test(arguments: [0, 1, 2, 3] as [Int32], 0..<10 as Range<UInt64>)
  func `a pack that was compressed fast becomes smaller and says the same`(
    level: Int32,
    seed: UInt64
  ) throws {
    let bytes = try pack(seed, level: level)
    let smaller = try #require(try Pack.recompressed(bytes, level: 9))
    #expect(smaller.count <= bytes.count - bytes.count / 32)
    let whole = try #require(changes(of: bytes))
    #expect(changes(of: smaller) == whole)
    #expect(try Pack(smaller).spans == Pack(bytes).spans)
    // Nothing is left to win.
    #expect(try Pack.recompressed(smaller, level: 9) == nil)
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `a pack that was compressed well stays`(seed: UInt64) throws {
    for level in [6, 9] as [Int32] {
      #expect(try Pack.recompressed(pack(seed, level: level), level: 9) == nil)
    }
  }

  @Test func `a pack never becomes larger`() throws {
    var random = SeededRandom(seed: 1)
    for count in [0, 1, 10, 100, 1000] {
      var author = try TestAuthor(1)
      let noise = Operation(field: 10, kind: .write, names: [], body: random.bytes(count))
      let bytes = try author.pack([[noise]], level: 1)
      for level in [1, 9] as [Int32] {
        if let smaller = try Pack.recompressed(bytes, level: level) {
          #expect(smaller.count < bytes.count)
        }
      }
    }
  }

  @Test func `what a newer version wrote into the pack stays`() throws {
    // Field 15, a number.
    let unknown: [UInt8] = [0x78, 5]
    var wire = try WirePack(serializedBytes: pack(1, level: 1) + unknown)
    wire.payloads = try WireSection(serializedBytes: wire.payloads.encoded + unknown)
    let bytes = wire.encoded
    let smaller = try #require(try Pack.recompressed(bytes, level: 9))
    let again = try WirePack(serializedBytes: smaller)
    #expect(Array(again.unknownFields.data) == unknown)
    #expect(Array(again.payloads.unknownFields.data) == unknown)
    #expect(changes(of: smaller) == changes(of: bytes))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `hostile bytes are refused, or say the same afterwards`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = try pack(seed, level: 1)
    let whole = try #require(changes(of: bytes))
    var refusedCount = 0
    for _ in 0..<60 {
      var mangled = bytes
      let start = Int.random(in: mangled.indices, using: &random)
      let end = min(mangled.count, start + Int.random(in: 0...8, using: &random))
      mangled.replaceSubrange(start..<end, with: random.bytes(.random(in: 0...8, using: &random)))
      do throws(LogFailure) {
        if let smaller = try Pack.recompressed(mangled, level: 9), changes(of: smaller) != nil {
          #expect(changes(of: smaller) == whole)
        }
      } catch {
        refusedCount += 1
      }
    }
    #expect(refusedCount > 0)
  }

  @Test func `what is no pack is refused`() throws {
    let whole = try WirePack(serializedBytes: pack(1, level: 1))
    var bomb = whole
    bomb.payloads.rawSize = .max
    var newer = whole
    newer.format = 2
    var damaged = whole
    damaged.headers.checksum ^= 1
    let large = [UInt8](repeating: 0, count: FormatLimits.packByteLimit + 1)
    let fixtures: [([UInt8], LogFailure)] = [
      (bomb.encoded, .tooLarge("pack section")), (newer.encoded, .unsupported("pack")),
      (damaged.encoded, .damaged("pack section")), (large, .tooLarge("pack")),
      ([255, 255, 255], .malformed("pack")),
    ]
    for (bytes, failure) in fixtures {
      #expect(throws: failure) { try Pack.recompressed(bytes, level: 9) }
    }
  }
}

import CRDT
import SyncSimulation
import Testing

@Suite struct DotTests {
  private static func dots(seed: UInt64) -> [Dot] {
    var random = SeededRandom(seed: seed)
    return (0..<50).map { _ in
      // Few different values, so that each part decides now and then.
      Dot(
        lane: .author(.random(in: 0...2, using: &random)),
        seq: [0, 1, 255, 256, .max].randomElement(using: &random) ?? 0,
        index: [0, 1, 255, 256, .max].randomElement(using: &random) ?? 0
      )
    }
  }

  @Test func `bytes are lane, seq and index, most significant first`() throws {
    let lane = try #require(LaneID(0x10...0x1F as ClosedRange<UInt8>))
    let dot = Dot(lane: lane, seq: 0x0102_0304_0506_0708, index: 0x090A_0B0C)
    #expect(dot.bytes == Array(0x10...0x1F) + Array(0x01...0x0C))
    #expect(dot.bytes.count == Dot.byteCount)
    #expect(lane.bucket == 0x10)
  }

  @Test(arguments: 0..<5 as Range<UInt64>)
  func `reads back what it wrote`(seed: UInt64) throws {
    let dots = Self.dots(seed: seed)
    for dot in dots { #expect(Dot(dot.bytes) == dot) }
    #expect([Dot](concatenated: dots.bytes) == dots)
    var random = SeededRandom(seed: seed)
    let bytes = random.bytes(16)
    #expect(try #require(LaneID(bytes)).bytes == bytes)
  }

  @Test(arguments: 0..<5 as Range<UInt64>)
  func `sorts as its bytes do`(seed: UInt64) {
    let dots = Self.dots(seed: seed)
    for left in dots {
      for right in dots {
        #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
        #expect(
          (left.lane < right.lane) == left.lane.bytes.lexicographicallyPrecedes(right.lane.bytes)
        )
      }
    }
  }

  @Test(arguments: [0, 1, 15, 17, 27, 29, 56])
  func `another number of bytes is none`(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(Dot(bytes) == nil)
    #expect(LaneID(bytes) == nil)
    let isWholeDots = count.isMultiple(of: Dot.byteCount)
    #expect(([Dot](concatenated: bytes) != nil) == isWholeDots)
  }
}

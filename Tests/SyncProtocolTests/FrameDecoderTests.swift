import SyncProtocol
import SyncSimulation
import Testing

@Suite struct FrameDecoderTests {
  private static let messages: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 300)]

  private static var stream: [UInt8] {
    FrameDecoder.preface + messages.flatMap(FrameDecoder.frame)
  }

  private func drain(_ decoder: inout FrameDecoder) throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    while let message = try decoder.next() { messages.append(message) }
    return messages
  }

  @Test func `a frame is a length of four bytes and the message`() {
    #expect(FrameDecoder.frame([1, 2, 3]) == [0, 0, 0, 3, 1, 2, 3])
    #expect(FrameDecoder.frame([UInt8](repeating: 0, count: 66_051)).prefix(4) == [0, 1, 2, 3])
  }

  @Test func `frames come out wherever the stream was cut`() throws {
    let stream = Self.stream
    for cut in 0...stream.count {
      var decoder = FrameDecoder(byteLimit: 300)
      decoder.append(stream[..<cut])
      let before = try drain(&decoder)
      decoder.append(stream[cut...])
      #expect(before + (try drain(&decoder)) == Self.messages)
      #expect(decoder.isAtBoundary)
    }
  }

  @Test func `frames come out byte by byte`() throws {
    var decoder = FrameDecoder(byteLimit: 300)
    var messages: [[UInt8]] = []
    for (place, byte) in Self.stream.enumerated() {
      decoder.append([byte])
      messages += try drain(&decoder)
      let isMiddle = place == 9
      if isMiddle { #expect(!decoder.isAtBoundary) }
    }
    #expect(messages == Self.messages)
  }

  @Test func `every wrong preface is refused at its first wrong byte`() throws {
    for place in FrameDecoder.preface.indices {
      var preface = FrameDecoder.preface
      preface[place] ^= 0x20
      var decoder = FrameDecoder(byteLimit: 300)
      decoder.append(preface[..<place])
      #expect(try decoder.next() == nil)
      decoder.append([preface[place]])
      let failure = #expect(throws: PeerFailure.self) { try decoder.next() }
      #expect(failure?.code == .protocolViolation)
    }
  }

  @Test func `a frame above the limit is refused by its length alone`() throws {
    var decoder = FrameDecoder(byteLimit: 299)
    decoder.append(FrameDecoder.preface + [0, 0, 1, 44])
    let failure = #expect(throws: PeerFailure.self) { try decoder.next() }
    #expect(failure?.code == .tooLarge)
    decoder.allow(byteLimit: 300)
    decoder.append([UInt8](repeating: 9, count: 300))
    #expect(try decoder.next() == [UInt8](repeating: 9, count: 300))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `noise is refused or waits`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for hasPreface in [false, true] {
      var decoder = FrameDecoder(byteLimit: 1000)
      if hasPreface { decoder.append(FrameDecoder.preface) }
      for _ in 0..<20 {
        decoder.append(random.bytes(.random(in: 0...50, using: &random)))
        guard let messages = try? drain(&decoder) else { break }
        #expect(messages.allSatisfy { $0.count <= 1000 })
        #expect(hasPreface || messages.isEmpty)
      }
    }
  }
}

/// Takes a stream of bytes apart into frames.
///
///     preface  8 bytes: "stet/1\r\n", once in each direction
///     frame    length, 4 bytes, big-endian │ message, that many bytes
///
/// Allocates only for bytes that have arrived.
package struct FrameDecoder: Sendable {
  package static let preface = Array("stet/1\r\n".utf8)

  private var buffer: [UInt8] = []
  private var start = 0
  private var hasPreface = false
  private var byteLimit: Int

  /// - Parameter byteLimit: of one frame.
  package init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// Allows larger frames from here on.
  package mutating func allow(byteLimit: Int) { self.byteLimit = byteLimit }

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    if start > 0, start == buffer.count || start > 1 << 20 {
      buffer.removeSubrange(..<start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// Whether the stream may end here: all that came in was taken out.
  package var isAtBoundary: Bool { start == buffer.count }

  /// The next whole frame's message; `nil` until more bytes have come.
  ///
  /// - Throws: ``PeerFailure`` when the peer speaks something else or the frame is too large.
  package mutating func next() throws(PeerFailure) -> [UInt8]? {
    if !hasPreface {
      let preface = Self.preface
      let arrived = buffer.count - start
      guard buffer[start...].prefix(preface.count).elementsEqual(preface.prefix(arrived)) else {
        throw PeerFailure.otherLanguage
      }
      guard arrived >= preface.count else { return nil }
      start += preface.count
      hasPreface = true
    }
    guard buffer.count - start >= 4 else { return nil }
    let length = buffer[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
    guard length <= byteLimit else {
      throw PeerFailure(.tooLarge, "a frame of \(length) bytes is above the limit of \(byteLimit)")
    }
    guard buffer.count - start - 4 >= length else { return nil }
    let message = Array(buffer[(start + 4)..<(start + 4 + length)])
    start += 4 + length
    return message
  }

  /// A message with its frame.
  package static func frame(_ message: [UInt8]) -> [UInt8] {
    let length = UInt32(message.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + message
  }
}

extension PeerFailure {
  /// What came first is not the protocol's preface.
  package static let otherLanguage = PeerFailure(
    .protocolViolation,
    "the peer does not speak stet/1"
  )
}

internal import NIOCore

/// The bytes that go out on a connection: frames wait to be written together, and what is not written yet
/// tells when the peer is to be heard no further.
///
/// *Why together*: a write wakes the other side: a hundred notes are a hundred frames of 300 bytes, and one
/// write.
struct OutgoingBytes {
  /// Frames are put together into one write up to about this, bytes.
  private static let writeByteLimit = 64 << 10

  private let byteLimit: Int
  private var waiting = ByteBuffer()
  /// Bytes that wait to be written, or are being written.
  private var unwrittenByteCount = 0
  /// All bytes of this connection, also those that wait.
  private(set) var totalByteCount = 0

  /// - `byteLimit`: above which the peer, who does not read, is not read either.
  init(byteLimit: Int) { self.byteLimit = byteLimit }

  var isFull: Bool { unwrittenByteCount > byteLimit }

  /// Whether as much waits as one write should hold.
  var makesAWrite: Bool { waiting.readableBytes >= Self.writeByteLimit }

  /// Puts a frame among those that wait.
  mutating func append(_ frame: [UInt8]) {
    waiting.writeBytes(frame)
    unwrittenByteCount += frame.count
    totalByteCount += frame.count
  }

  /// Takes out what waits; it counts as unwritten until ``written(_:)``.
  mutating func takeWaiting() -> ByteBuffer {
    defer { waiting = ByteBuffer() }
    return waiting
  }

  /// So many bytes went out, or were lost with the connection.
  ///
  /// - Returns: whether the peer, who was not heard, may be heard again.
  mutating func written(_ byteCount: Int) -> Bool {
    let wasFull = isFull
    unwrittenByteCount -= byteCount
    return wasFull && !isFull
  }
}

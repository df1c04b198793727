internal import NIOCore
internal import SyncProtocol
internal import Synchronization

/// The bytes of one connection: takes them apart and counts them.
final class Wire: Sendable {
  private struct State {
    var decoder: FrameDecoder
    var bytesReceived = 0
    var bytesSent = 0
    /// Frames that wait to be written, in order.
    var unwritten: [[UInt8]] = []
    /// Bytes that wait to be written, or are being written.
    var unwrittenByteCount = 0
    /// Messages that were handled while too much waited: the reader goes on when there is less.
    var owedPermitCount = 0
  }

  private let state: Mutex<State>
  private let limits: SyncLimits
  /// Says that there are frames to write; once, however many there are.
  private let calls = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  private let ended = AsyncStream.makeStream(of: Void.self)
  /// One for every message that the session has handled.
  private let permits = AsyncStream.makeStream(of: Void.self)

  init(limits: SyncLimits) {
    self.limits = limits
    state = Mutex(State(decoder: FrameDecoder(byteLimit: limits.greetingByteLimit)))
  }

  var bytesReceived: Int { state.withLock { $0.bytesReceived } }
  var bytesSent: Int { state.withLock { $0.bytesSent } }

  func allowLargeFrames() {
    state.withLock { $0.decoder.allow(byteLimit: limits.frameByteLimit) }
  }

  /// The session has handled a message: the next one may come.
  func readOn() {
    let isFull = state.withLock { state in
      let isFull = state.unwrittenByteCount > limits.outgoingByteLimit
      if isFull { state.owedPermitCount += 1 }
      return isFull
    }
    if !isFull { permits.continuation.yield() }
  }

  /// Puts a frame among those that wait to be written.
  func send(_ frame: [UInt8]) {
    state.withLock { state in
      state.unwritten.append(frame)
      state.unwrittenByteCount += frame.count
    }
    calls.continuation.yield()
  }

  /// Nothing more is sent after what waits.
  func stopSending() { calls.continuation.finish() }

  /// Says whenever nothing came from the peer for a while, until the task is cancelled.
  func watchSilence(_ events: AsyncStream<SessionEvent>.Continuation) async {
    while true {
      let before = bytesReceived
      do { try await Task.sleep(for: .milliseconds(limits.quietInterval)) } catch { return }
      if bytesReceived == before { events.yield(.quiet) }
    }
  }

  /// Nobody handles messages any more; what still comes is thrown away.
  func stopReading() { permits.continuation.finish() }

  /// Reads until the peer closes, or says what is no message.
  func read(
    _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
    into events: AsyncStream<SessionEvent>.Continuation
  ) async {
    defer { ended.continuation.finish() }
    var permits = permits.stream.makeAsyncIterator()
    var isListening = true
    do {
      // Read to the end all the same: the peer's close is what a session that failed waits for.
      for try await buffer in inbound where isListening {
        append(buffer)
        while isListening, let message = try next() {
          events.yield(.received(message))
          isListening = await permits.next() != nil
        }
      }
      events.yield(.ended)
    } catch let failure as PeerFailure {
      events.yield(.refused(failure))
    } catch {
      // A reset connection and a silent peer end alike.
      events.yield(.ended)
    }
  }

  private func append(_ buffer: ByteBuffer) {
    state.withLock {
      $0.bytesReceived += buffer.readableBytes
      $0.decoder.append(buffer.readableBytesView)
    }
  }

  private func next() throws(PeerFailure) -> SyncMessage? {
    while true {
      let frame = try state.withLock { state throws(PeerFailure) in try state.decoder.next() }
      guard let frame else { return nil }
      // A kind of message that a newer peer may send is passed over.
      if let message = try MessageCodec.decode(frame, limits: limits) { return message }
    }
  }

  func write(to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
    do {
      for await _ in calls.stream {
        while let bytes = nextToWrite() {
          try await outbound.write(bytes)
          written(bytes.readableBytes)
        }
      }
    } catch {
      // Nothing is written any more: the reader must not wait for that, but find the connection's end.
      stopReading()
      throw error
    }
    outbound.finish()
  }

  /// The frames that wait, as far as they go into one write; at least one.
  ///
  /// *Why*: a write is a call to the system, and wakes the other side: a hundred notes are a hundred frames
  /// of 300 bytes.
  private func nextToWrite() -> ByteBuffer? {
    let frames = state.withLock { state in
      var (count, byteCount) = (0, 0)
      for frame in state.unwritten {
        guard count == 0 || byteCount + frame.count <= Self.writeByteLimit else { break }
        (count, byteCount) = (count + 1, byteCount + frame.count)
      }
      let frames = state.unwritten.prefix(count)
      state.unwritten.removeFirst(count)
      state.bytesSent += byteCount
      return frames
    }
    guard !frames.isEmpty else { return nil }
    var bytes = ByteBuffer()
    bytes.reserveCapacity(frames.reduce(0) { $0 + $1.count })
    for frame in frames { bytes.writeBytes(frame) }
    return bytes
  }

  /// Frames are put together into one write up to this, bytes.
  private static let writeByteLimit = 64 << 10

  private func written(_ byteCount: Int) {
    let permitCount = state.withLock { state in
      state.unwrittenByteCount -= byteCount
      guard state.unwrittenByteCount <= limits.outgoingByteLimit else { return 0 }
      defer { state.owedPermitCount = 0 }
      return state.owedPermitCount
    }
    for _ in 0..<permitCount { permits.continuation.yield() }
  }

  /// Waits until everything is written, some seconds at most: the peer may have stopped reading.
  func flush(_ writing: Task<Void, any Error>) async {
    await withTaskGroup { group in
      group.addTask { _ = try? await writing.value }
      group.addTask {
        try? await Task.sleep(for: .seconds(5))
        writing.cancel()
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// Waits a moment for the peer to close first, so that what was said last is not lost to a reset.
  func linger() async {
    stopReading()
    await withTaskGroup { [stream = ended.stream] group in
      group.addTask { for await _ in stream {} }
      group.addTask { try? await Task.sleep(for: .seconds(1)) }
      await group.next()
      group.cancelAll()
    }
  }
}

internal import ChangeLog
internal import SyncProtocol
internal import Synchronization

/// Measures one session while it goes on.
final class SessionMeter: Sendable {
  /// What the store does for a session.
  enum StoreWork {
    case reading
    case storing
  }

  private struct State {
    var costs = SessionCosts()
    /// When the connection stood.
    var connected: ContinuousClock.Instant?
    /// When the peer's greeting came.
    var greeted: ContinuousClock.Instant?
    var ended: ContinuousClock.Instant?
    /// Bytes that compression saved.
    var savedSending = 0
    var savedReceiving = 0
  }

  private let start: ContinuousClock.Instant
  private let looksIntoPacks: Bool
  private let state = Mutex(State())

  /// - `start`: when the connection was begun.
  /// - `looksIntoPacks`: whether bytes before compression are counted.
  init(since start: ContinuousClock.Instant, looksIntoPacks: Bool) {
    self.start = start
    self.looksIntoPacks = looksIntoPacks
  }

  func connected() { state.withLock { $0.connected = .now } }

  func received(_ message: SyncMessage) {
    switch message {
    case .hello, .welcome:
      state.withLock { $0.greeted = $0.greeted ?? .now }
    case .pack(let delivery):
      let saved = saved(in: delivery)
      state.withLock { $0.savedReceiving += saved }
    case .birth, .frontierDigests, .frontierHeads, .acknowledgement, .sent, .done, .failure, .stay:
      break
    }
  }

  func sent(_ delivery: PackDelivery) {
    let saved = saved(in: delivery)
    state.withLock { $0.savedSending += saved }
  }

  private func saved(in delivery: PackDelivery) -> Int {
    guard looksIntoPacks, let plain = Pack.declaredPlainByteCount(of: delivery.pack) else {
      return 0
    }
    return plain - delivery.pack.count
  }

  /// Carries out work of the store, and adds what it took.
  func measured<Value>(_ work: StoreWork, _ body: () async throws -> Value) async rethrows -> Value
  {
    let start = ContinuousClock.now
    defer {
      let elapsed = ContinuousClock.now - start
      state.withLock { state in
        switch work {
        case .reading: state.costs.reading += elapsed
        case .storing: state.costs.storing += elapsed
        }
      }
    }
    return try await body()
  }

  /// The session has come to its end; what is still being written belongs to it.
  func end() { state.withLock { $0.ended = .now } }

  /// What the session took.
  ///
  /// - `sent`, `received`: bytes.
  func costs(sent: Int, received: Int) -> SessionCosts {
    state.withLock { state in
      let end = state.ended ?? .now
      var costs = state.costs
      costs.bytesSent = sent
      costs.bytesReceived = received
      costs.plainBytesSent = costs.bytesSent + state.savedSending
      costs.plainBytesReceived = costs.bytesReceived + state.savedReceiving
      let connected = state.connected ?? start
      let greeted = state.greeted ?? end
      costs.connecting = connected - start
      costs.greeting = greeted - connected
      costs.exchanging = end - greeted
      return costs
    }
  }
}

internal import Synchronization

/// The connections that are being answered.
final class OpenConnections: Sendable {
  private struct State {
    /// How each is broken off; nothing while that is not known yet.
    var cancels: [Int: (@Sendable () -> Void)?] = [:]
    var lastNumber = 0
    var isCancelled = false
    /// Those who wait until there are none.
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Counts one more, where there is room.
  ///
  /// - Returns: its number.
  func begin() -> Int? {
    state.withLock { state in
      guard state.cancels.count < limit else { return nil }
      state.lastNumber += 1
      state.cancels.updateValue(nil, forKey: state.lastNumber)
      return state.lastNumber
    }
  }

  /// - `cancel`: breaks a connection off.
  func add(_ number: Int, cancel: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      state.cancels.updateValue(cancel, forKey: number)
      return state.isCancelled
    }
    if isCancelled { cancel() }
  }

  func end(_ number: Int) {
    let waiting = state.withLock { state in
      state.cancels.removeValue(forKey: number)
      guard state.cancels.isEmpty else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Breaks all off, those too that begin later.
  func cancel() {
    let cancels = state.withLock { state in
      state.isCancelled = true
      return Array(state.cancels.values)
    }
    for cancel in cancels { cancel?() }
  }

  /// Waits until none is left.
  func allHaveEnded() async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        if !state.cancels.isEmpty { state.waiting.append(continuation) }
        return state.cancels.isEmpty
      }
      if isDone { continuation.resume() }
    }
  }
}

internal import Synchronization

/// The sessions that stay open, for whoever ends them: a program that is told to stop.
package final class LiveSessions: Sendable {
  private struct State {
    var isEnding = false
    var ends: [Int: @Sendable () -> Void] = [:]
    var lastNumber = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Whether the sessions were told to end.
  package var isEnding: Bool { state.withLock { $0.isEnding } }

  /// Ends those that are open, and those that will be as soon as they are.
  package func end() {
    let ends = state.withLock { state in
      state.isEnding = true
      return state.ends.values
    }
    for end in ends { end() }
  }

  /// - `end`: ends the session; called any number of times.
  package func add(_ end: @escaping @Sendable () -> Void) -> LiveSession {
    let (number, isEnding) = state.withLock { state in
      state.lastNumber += 1
      state.ends[state.lastNumber] = end
      return (state.lastNumber, state.isEnding)
    }
    if isEnding { end() }
    return LiveSession(number, of: self)
  }

  /// Waits, but not for longer than the sessions go on.
  package func pause(for duration: Duration) async {
    let (pause, source) = AsyncStream.makeStream(of: Void.self)
    let waiting = add { source.finish() }
    let timer = Task {
      try await Task.sleep(for: duration)
      source.finish()
    }
    for await _ in pause {}
    timer.cancel()
    withExtendedLifetime(waiting) {}
  }

  fileprivate func remove(_ number: Int) { state.withLock { $0.ends[number] = nil } }
}

/// A session counts as open for as long as this exists.
package final class LiveSession: Sendable {
  private let number: Int
  private let sessions: LiveSessions

  fileprivate init(_ number: Int, of sessions: LiveSessions) {
    self.number = number
    self.sessions = sessions
  }

  deinit { sessions.remove(number) }
}

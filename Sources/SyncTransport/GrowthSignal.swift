internal import SyncProtocol
internal import Synchronization

/// Where a log ends, on its way to a session: however often it grows, one event waits at a time.
final class GrowthSignal: Sendable {
  private struct State {
    var end: LogEnd?
    var isWaiting = false
  }

  private let state = Mutex(State())
  private let tell: @Sendable (LogEnd) -> Void

  /// - `tell`: lets the session hear.
  init(tell: @escaping @Sendable (LogEnd) -> Void) { self.tell = tell }

  func raise(to end: LogEnd) {
    let isNews = state.withLock { state in
      guard !state.isWaiting else {
        // Two may tell at once, and the later tells of less.
        if let waiting = state.end, waiting.store == end.store, waiting.position > end.position {
          return false
        }
        state.end = end
        return false
      }
      state.isWaiting = true
      return true
    }
    if isNews { tell(end) }
  }

  /// The session has heard; what came meanwhile goes next.
  func heard() {
    let next = state.withLock { state in
      let next = state.end
      state.end = nil
      state.isWaiting = next != nil
      return next
    }
    if let next { tell(next) }
  }
}

internal import ChangeLog
internal import SyncProtocol
internal import SyncTransport
internal import Synchronization

/// Who waits for one log to grow.
final class LogWatches: Sendable {
  private struct Watcher {
    let grown: @Sendable (LogEnd) -> Void
    let failed: @Sendable (any Error) -> Void
  }

  private struct State {
    var watchers: [Int: Watcher] = [:]
    var lastNumber = 0
  }

  private let state = Mutex(State())

  func add(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) -> LogWatch {
    let number = state.withLock { state in
      state.lastNumber += 1
      state.watchers[state.lastNumber] = Watcher(grown: grown, failed: failed)
      return state.lastNumber
    }
    return LogWatch { [self] in state.withLock { $0.watchers[number] = nil } }
  }

  func tell(_ end: Result<LogEnd, any Error>) {
    let watchers = state.withLock { $0.watchers.values }
    for watcher in watchers {
      switch end {
      case .success(let end): watcher.grown(end)
      case .failure(let error): watcher.failed(error)
      }
    }
  }
}

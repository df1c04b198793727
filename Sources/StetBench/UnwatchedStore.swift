import SyncProtocol
import SyncTransport

/// A store whose sessions do not stay: nobody watches its log.
protocol UnwatchedStore: SessionStore {}

extension UnwatchedStore {
  func watch(
    grown: @escaping @Sendable (LogEnd) -> Void,
    failed: @escaping @Sendable (any Error) -> Void
  ) async -> LogWatch {
    LogWatch {}
  }
}

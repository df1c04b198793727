internal import Synchronization

/// The archive that a connection asked for, for the log line at its end.
final class RequestedName: Sendable {
  private let value = Mutex<String?>(nil)

  var name: String? { value.withLock { $0 } }

  func set(_ name: String) { value.withLock { $0 = name } }
}

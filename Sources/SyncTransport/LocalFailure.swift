internal import ChangeLog
internal import SyncProtocol
internal import Synchronization

/// The first error of this side's own store in a session.
final class LocalFailure: Sendable {
  private let first = Mutex<(any Error)?>(nil)

  var error: (any Error)? { first.withLock { $0 } }

  /// Keeps the error, and says what it is called on the wire: what the log says as it is, and of
  /// anything else only that it happened.
  func note(_ error: any Error) -> PeerFailure {
    if !(error is CancellationError) { first.withLock { $0 = $0 ?? error } }
    return switch error {
    case let failure as PeerFailure: failure
    case let failure as LogFailure: PeerFailure(failure)
    default: PeerFailure(.storage, "the store of the other side failed", isRetryable: true)
    }
  }
}

internal import ChangeLog

/// Calling again at once, after a session that failed.
package enum Redial {
  /// Whether the store has learned something by which the next session goes further: that a cursor does
  /// not hold, that lanes fork, that it was a copy or was put back.
  package static func goesFurther(after error: any Error) -> Bool {
    switch error {
    case LogFailure.gap, LogFailure.fork: true
    case let failure as PeerFailure:
      failure.code == .gap || failure.code == .fork || failure == .renamed || failure == .putBack
    default: false
    }
  }
}

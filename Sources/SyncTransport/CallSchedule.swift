internal import SyncProtocol

/// When a hub calls a remote again.
///
/// After a success, an interval later; after failures, later each time, not before the remote wants it,
/// and never at a moment that many hubs would share which lost the same remote.
package struct CallSchedule: Sendable {
  /// After the first failure.
  package static let firstPause = Duration.seconds(1)
  package static let longestPause = Duration.seconds(300)
  /// A remote may ask for more than the longest pause, and for no more than this.
  package static let longestWish = Duration.seconds(3600)

  private let interval: Duration
  private var failureCount = 0
  /// What the remote asked for when the last call failed.
  private var wish = Duration.zero

  package init(interval: Duration) { self.interval = interval }

  /// Whether the last call failed: nothing but time leads to the next one then.
  package var isBackingOff: Bool { failureCount > 0 }

  package mutating func succeeded() { (failureCount, wish) = (0, .zero) }

  /// - `error`: why; a peer may say in it when it wants to be called again.
  package mutating func failed(with error: (any Error)? = nil) {
    failureCount += 1
    let asked = (error as? PeerFailure)?.retryAfter ?? 0
    wish = min(.milliseconds(Int64(clamping: asked)), Self.longestWish)
  }

  /// How long to wait.
  ///
  /// - `chance`: from 0 up to 1; the pause is between half and all of what the failures ask for, or
  ///   within a tenth of the interval, and up to a tenth longer than the remote wants.
  package func pause(chance: Double) -> Duration {
    guard failureCount > 0 else { return interval * (0.9 + 0.2 * chance) }
    // 2^20 s is far above the longest pause.
    let asked = Self.firstPause * (1 << min(failureCount - 1, 20))
    return max(min(asked, Self.longestPause) * (0.5 + 0.5 * chance), wish * (1 + 0.1 * chance))
  }
}

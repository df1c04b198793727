/// When a hub calls a remote again.
///
/// After a success, an interval later; after failures, later each time, and never at a moment that
/// many hubs would share which lost the same remote.
package struct CallSchedule: Sendable {
  /// After the first failure.
  package static let firstPause = Duration.seconds(1)
  package static let longestPause = Duration.seconds(300)

  private let interval: Duration
  private var failureCount = 0

  package init(interval: Duration) { self.interval = interval }

  /// Whether the last call failed: nothing but time leads to the next one then.
  package var isBackingOff: Bool { failureCount > 0 }

  package mutating func succeeded() { failureCount = 0 }

  package mutating func failed() { failureCount += 1 }

  /// How long to wait.
  ///
  /// - `chance`: from 0 up to 1; the pause is between half and all of what the failures ask for, or
  ///   within a tenth of the interval.
  package func pause(chance: Double) -> Duration {
    guard failureCount > 0 else { return interval * (0.9 + 0.2 * chance) }
    // 2^20 s is far above the longest pause.
    let asked = Self.firstPause * (1 << min(failureCount - 1, 20))
    return min(asked, Self.longestPause) * (0.5 + 0.5 * chance)
  }
}

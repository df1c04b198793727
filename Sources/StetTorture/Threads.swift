import Dispatch
import Foundation

/// Threads that are waited for together.
///
/// Threads, not tasks: each of them blocks in a process or a socket.
final class Threads: Sendable {
  private let group = DispatchGroup()

  func start(_ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread.detachNewThread { [group] in
      body()
      group.leave()
    }
  }

  /// Returns when all have ended.
  func join() { group.wait() }

  /// Waits so long.
  ///
  /// - Returns: whether all have ended.
  func join(milliseconds: Int) -> Bool {
    group.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }
}

/// A moment that threads work towards.
final class Deadline: Sendable {
  private let end: ContinuousClock.Instant

  init(after duration: Duration) { end = .now + duration }

  var isOver: Bool { ContinuousClock.now >= end }

  /// Sleeps, but never past the deadline.
  ///
  /// - Returns: whether there is time left.
  func pause(milliseconds: Int) -> Bool {
    let left = end - .now
    let wanted = Duration.milliseconds(milliseconds)
    Thread.sleep(forTimeInterval: max(0, min(wanted, left) / .seconds(1)))
    return !isOver
  }
}

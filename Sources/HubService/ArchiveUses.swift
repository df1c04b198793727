internal import Synchronization

/// When sessions last wanted something of each archive.
package final class ArchiveUses: Sendable {
  private let last = Mutex<[String: ContinuousClock.Instant]>([:])

  package init() {}

  package func note(_ archive: String, at time: ContinuousClock.Instant = .now) {
    last.withLock { $0[archive] = time }
  }

  /// The last use; `nil` where there was none since the hub began.
  package func last(of archive: String) -> ContinuousClock.Instant? {
    last.withLock { $0[archive] }
  }

  /// Archives that were used last before a moment, by name.
  package func unused(since time: ContinuousClock.Instant) -> [String] {
    last.withLock { last in last.filter { $0.value <= time }.keys.sorted() }
  }
}

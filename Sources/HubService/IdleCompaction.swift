internal import Foundation
package import HubStorage
package import Logging
internal import Synchronization

/// What one compaction of an archive came to.
package struct IdleCompactionStep: Hashable, Sendable {
  /// The log is compact up to here.
  package let position: UInt64
  package let replacedCount: Int
  package let savedByteCount: Int

  package init(position: UInt64, replacedCount: Int, savedByteCount: Int) {
    self.position = position
    self.replacedCount = replacedCount
    self.savedByteCount = savedByteCount
  }
}

/// Compacts archives while no session wants anything of them: one at a time, on one thread of the
/// lowest priority, which stops before the next pack when a session comes.
///
/// An archive that nobody has used since the hub began waits for its next use, so that a hub which is
/// started again does not read all its logs for nothing.
package struct IdleCompaction<Storage: HubStorage>: Sendable {
  /// Compacts an archive's log after a position, as long as it may go on.
  package typealias Work =
    @Sendable (
      _ storage: Storage, _ archive: String, _ position: UInt64,
      _ mayGoOn: @escaping @Sendable () -> Bool
    ) throws -> IdleCompactionStep

  private let idleTime: Duration
  private let work: Work

  /// - `idleTime`: how long an archive was not used before it is compacted.
  package init(after idleTime: Duration, _ work: @escaping Work) {
    self.idleTime = idleTime
    self.work = work
  }

  /// Runs until the task is cancelled.
  package func run(_ storage: Storage, uses: ArchiveUses, logger: Logger) async {
    var positions: [String: UInt64] = [:]
    /// Uses after which an archive was compacted to its end.
    var settled: [String: ContinuousClock.Instant] = [:]
    while !Task.isCancelled {
      for name in uses.unused(since: .now - idleTime) {
        guard let use = uses.last(of: name), settled[name] != use, !Task.isCancelled else {
          continue
        }
        do {
          let step = try await compact(storage, name, after: positions[name] ?? 0, use, uses)
          positions[name] = step.position
          if step.replacedCount > 0 {
            logger.info(
              "compacted",
              metadata: [
                "archive": "\(name)", "packs": "\(step.replacedCount)",
                "bytes_saved": "\(step.savedByteCount)",
              ]
            )
          }
        } catch {
          logger.warning(
            "compaction failed",
            metadata: ["archive": "\(name)", "reason": "\(error)"]
          )
        }
        // Also after a failure: it is tried again after the next use. Where a session came, that is now.
        settled[name] = use
      }
      // Ends early when the hub stops.
      try? await Task.sleep(for: idleTime)
    }
  }

  private func compact(
    _ storage: Storage,
    _ name: String,
    after position: UInt64,
    _ use: ContinuousClock.Instant,
    _ uses: ArchiveUses
  ) async throws -> IdleCompactionStep {
    let isCancelled = Mutex(false)
    return try await withTaskCancellationHandler {
      try await IdleThread.run { [work] in
        try work(storage, name, position) {
          uses.last(of: name) == use && !isCancelled.withLock { $0 }
        }
      }
    } onCancel: {
      isCancelled.withLock { $0 = true }
    }
  }
}

/// A thread that runs when nobody else wants the processor.
private enum IdleThread {
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        // 0: on Linux, this thread. Where it is refused, the work is done all the same.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        continuation.resume(with: Swift.Result(catching: body))
      }
    }
  }
}

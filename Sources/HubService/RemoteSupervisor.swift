internal import Logging
internal import SyncProtocol
internal import SyncTransport

/// Keeps a hub's archives in sync with their remotes: one task for each, begun and ended as the
/// remotes are added and removed.
struct RemoteSupervisor: Sendable {
  /// How soon a remote that was added or removed is noticed, at most.
  private static let lookInterval = Duration.seconds(10)

  let remotes: HubRemotes
  let interval: Duration
  let limits: SyncLimits
  /// The wall clock, ms since 1970-01-01 UTC.
  let now: @Sendable () -> Int64
  let logger: Logger
  /// Opens an archive.
  let open: @Sendable (RequestedArchive) throws -> any SessionStore

  /// Runs until the task is cancelled.
  func run() async {
    var running: [HubRemote: Task<Void, Never>] = [:]
    while !Task.isCancelled {
      if let wanted = wanted() {
        for (remote, task) in running where !wanted.contains(remote) {
          task.cancel()
          running[remote] = nil
        }
        for remote in wanted where running[remote] == nil { running[remote] = begin(remote) }
      }
      // Ends early when the hub stops.
      try? await Task.sleep(for: min(Self.lookInterval, interval))
    }
    for task in running.values { task.cancel() }
    for task in running.values { await task.value }
  }

  /// `nil` when they cannot be read: then everything goes on as it was.
  private func wanted() -> Set<HubRemote>? {
    do {
      return Set(try remotes.all())
    } catch {
      logger.warning("remotes cannot be read", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  private func begin(_ remote: HubRemote) -> Task<Void, Never> {
    let sync = RemoteSync(
      remote: remote,
      stores: remotes.stores,
      interval: interval,
      limits: limits,
      now: now,
      logger: logger,
      open: open
    )
    return Task { await sync.run() }
  }
}

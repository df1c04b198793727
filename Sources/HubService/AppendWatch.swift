package import ChangeLog
internal import Synchronization

/// Tells those who wait for it that an archive has new changes: any number of times at once is one.
package final class AppendWatch: Sendable {
  private struct State {
    var ignored: StoreID?
    var isDeaf = false
  }

  private let state = Mutex(State())
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  package init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// One element every time there is a reason to call, for one task to read.
  package var calls: AsyncStream<Void> { stream }

  /// Whose changes are no reason to call: it has them.
  package func ignore(_ store: StoreID?) { state.withLock { $0.ignored = store } }

  /// Whether new changes are no reason to call now.
  package func setDeaf(_ isDeaf: Bool) { state.withLock { $0.isDeaf = isDeaf } }

  /// A peer brought changes.
  package func appended(by peer: StoreID) {
    let isReason = state.withLock { !$0.isDeaf && $0.ignored != peer }
    if isReason { continuation.yield() }
  }

  /// It is time to call, whatever else.
  package func isDue() { continuation.yield() }
}

/// The watches of a hub's archives.
final class AppendWatches: Sendable {
  private let watches = Mutex<[String: [AppendWatch]]>([:])

  func add(_ watch: AppendWatch, to archive: String) {
    watches.withLock { $0[archive, default: []].append(watch) }
  }

  func remove(_ watch: AppendWatch, from archive: String) {
    watches.withLock { $0[archive]?.removeAll { $0 === watch } }
  }

  func appended(to archive: String, by peer: StoreID) {
    let reached = watches.withLock { $0[archive] ?? [] }
    for watch in reached { watch.appended(by: peer) }
  }
}

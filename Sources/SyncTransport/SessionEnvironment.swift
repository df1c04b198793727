package import SyncProtocol

/// Finds the store for a dialler's wish.
package typealias Authoriser = @Sendable (RequestedArchive) async throws -> any SessionStore

/// What a session has around it.
struct SessionEnvironment: Sendable {
  let limits: SyncLimits
  /// The wall clock, ms since 1970-01-01 UTC.
  let now: @Sendable () -> Int64
  /// Where sessions that stay open are kept.
  let sessions: LiveSessions
  /// Called on the session's event loop: nothing there may block.
  let progress: @Sendable (SessionProgress) -> Void
}

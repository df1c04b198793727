import ChangeLog

/// A running hub, and what its peers know of it when they call.
struct KnownHub: Sendable {
  let hub: RunningHub
  let genesis: Genesis
  /// Of its log.
  let end: Cursor
  /// The digest.
  let frontier: Hash

  /// A hub as it is now.
  init(_ hub: RunningHub) throws {
    let log = try hub.log.end()
    self.init(hub, genesis: try hub.log.genesis(), end: log.cursor, frontier: log.frontier.digest)
  }

  init(_ hub: RunningHub, genesis: Genesis, end: Cursor, frontier: Hash) {
    self.hub = hub
    self.genesis = genesis
    self.end = end
    self.frontier = frontier
  }
}

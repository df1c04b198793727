import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncTransport

/// Calls a remote, whatever its address says.
struct RemoteDialler {
  let replica: Replica
  let address: PeerAddress

  /// - Throws: `VerbFailure` for an address that is none.
  init(_ replica: Replica, to remote: Remote) throws {
    self.replica = replica
    address = try RemoteAddress.of(remote)
  }

  /// Runs one session.
  ///
  /// - `peer`: the store that answered there last time.
  /// - `isLive`: whether to stay when both sides are equal.
  /// Throws: `TransportFailure`, `PeerFailure`, and what the store throws.
  func session(of client: SyncClient, peer: StoreID?, isLive: Bool) async throws -> DrivenSession {
    let store = BlockingSessionStore(replica)
    let archive = try replica.genesis()?.archive
    return switch address {
    case .tcp(let address):
      try await client.sync(store, with: address, archive: archive, peer: peer, isLive: isLive)
    case .ssh(let target):
      try await client.sync(
        store,
        through: .configured(to: target),
        name: address.greetingName,
        archive: archive,
        peer: peer,
        isLive: isLive
      )
    case .command(let command):
      try await client.sync(
        store,
        through: .shell(command),
        name: address.greetingName,
        archive: archive,
        peer: peer,
        isLive: isLive
      )
    }
  }
}

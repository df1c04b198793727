package import HubStorage
package import SyncSimulation

extension PeerFixture {
  /// The wish of a session with this machine to append these packs.
  package mutating func request(_ packs: [PackFixture]) -> AppendRequest {
    AppendRequest(packs: packs.map { deliver($0) }, peer: store)
  }
}

import ChangeLog
import Dispatch
import HubStorage
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization

/// An archive of made-up lanes, and a hub that has it.
struct MadeArchive {
  private(set) var writers: WriterFixture
  let genesis: Genesis
  /// The hub's digest, and the end of its log.
  let frontier: Hash
  let end: Cursor
  let hub: RunningHub

  /// - `laneCount`: lanes of one change each that are there from the beginning.
  init(
    in world: BenchWorld,
    laneCount: Int = 1,
    connections: Int = SyncLimits().connectionLimit
  ) throws {
    writers = try WriterFixture(seed: 1)
    genesis = writers.genesis
    let random = SharedRandom(seed: 2)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
        preconditionFailure("16 bytes are a store id")
      }
      return store
    }
    try storage.createArchive(named: genesis.name)
    let archive = try storage.archive(named: genesis.name)
    try archive.adopt(genesis)
    var peer = writers.peer()
    for _ in 0..<laneCount {
      var lane = try writers.lane()
      _ = try archive.append([peer.deliver(try lane.pack(1))], from: peer.store)
    }
    hub = try world.hub(archive: genesis.name, connections: connections)
    frontier = try archive.frontier().digest
    let store = try Self.push(archive, of: genesis, to: hub)
    guard let end = try archive.view(of: store, knowing: nil, writing: nil).known else {
      throw BenchFailure("nothing is known of the hub")
    }
    self.end = end
  }

  var known: KnownHub { KnownHub(hub, genesis: genesis, end: end, frontier: frontier) }

  mutating func lane() throws -> LaneFixture { try writers.lane() }
  mutating func peer() -> PeerFixture { writers.peer() }

  private static func push(
    _ archive: MemoryHubArchive,
    of genesis: Genesis,
    to hub: RunningHub
  ) throws -> StoreID? {
    guard let address = SyncAddress(hub.url) else { throw BenchFailure("\(hub.url): no address") }
    let outcome = try waiting {
      try await SyncClient(limits: SyncLimits(), now: { 0 }).sync(
        BlockingSessionStore(archive),
        with: address,
        archive: genesis.archive,
        peer: nil
      ).outcome
    }
    guard case .equal = outcome.verdict else { throw BenchFailure("the hub is not equal") }
    return outcome.peerStore
  }
}

/// Carries out a task, and waits for it: benches are programs of one thread.
func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value
{
  let result = Mutex<Result<Value, any Error>?>(nil)
  let done = DispatchSemaphore(value: 0)
  Task {
    let value: Result<Value, any Error>
    do { value = .success(try await body()) } catch { value = .failure(error) }
    result.withLock { $0 = value }
    done.signal()
  }
  done.wait()
  guard let result = result.withLock({ $0 }) else { throw BenchFailure("a task without an end") }
  return try result.get()
}

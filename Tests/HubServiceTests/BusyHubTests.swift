import CRDT
import ChangeLog
import HubStorage
import HubStorageConformance
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

/// Sessions with an archive into which many others write all the while.
@Suite struct BusyHubTests {
  private static let writerCount = 20

  @Test
  func `a sync with a hub that others keep busy ends as with a quiet one, equal as of its end`()
    throws
  {
    let quiet = try BusyHubWorld(writerCount: 0)
    let busy = try BusyHubWorld(writerCount: Self.writerCount)
    // First contact, then by cursors.
    for session in ["first", "second"] {
      let expected = try quiet.sync()
      let outcome = try busy.sync()
      #expect(outcome.verdict == .equal, "\(session)")
      #expect(outcome.tally.roundTrips == expected.tally.roundTrips, "\(session)")
      let end = try busy.agreedEnd()
      #expect(try busy.hub.view(of: nil, knowing: nil, writing: nil).end.position > end.position)
      #expect(try busy.replica.frontier() == busy.frontier(asOf: end), "\(session)")
    }
  }
}

/// A replica and a hub; both have something that the other lacks before every session.
private final class BusyHubWorld {
  let hub: MemoryHubArchive
  let replica: MemoryHubArchive
  private let storage: MemoryHubStorage
  private let crowd: Crowd
  private var writers: WriterFixture
  private var lanes: [LaneFixture]
  private var peers: [PeerFixture]

  init(writerCount: Int) throws {
    let random = SharedRandom(seed: 5)
    storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
        preconditionFailure("a store id has as many bytes")
      }
      return store
    }
    var writers = try WriterFixture(seed: 6)
    lanes = [try writers.lane(), try writers.lane()]
    peers = [writers.peer(), writers.peer()]
    for name in ["hub", "replica"] {
      try storage.createArchive(named: name)
      try storage.archive(named: name).adopt(writers.genesis)
    }
    hub = try storage.archive(named: "hub")
    replica = try storage.archive(named: "replica")
    crowd = try Crowd(writerCount, of: &writers)
    self.writers = writers
  }

  /// Runs a session of the replica with the hub.
  func sync() throws -> SessionOutcome {
    for (place, archive) in [hub, replica].enumerated() {
      let request = peers[place].request([try lanes[place].pack()])
      _ = try archive.append(group: [request]).map { try $0.get() }
    }
    let result = SessionPair(
      dialler: replica,
      answerer: BusyArchive(archive: hub, crowd: crowd),
      clock: VirtualClock()
    ).run(archive: .id(writers.genesis.archive, name: "hub"))
    #expect(result.failures.isEmpty)
    return try #require(result.dialler)
  }

  /// The position of the hub's log up to which the replica knows it.
  func agreedEnd() throws -> Cursor {
    let store = try hub.view(of: nil, knowing: nil, writing: nil).end.store
    return try #require(try replica.view(of: store, knowing: nil, writing: nil).known)
  }

  /// The frontier of the hub's log up to a position.
  func frontier(asOf end: Cursor) throws -> Frontier {
    let name = "until-\(end.position)"
    try storage.createArchive(named: name)
    let copy = try storage.archive(named: name)
    try copy.adopt(writers.genesis)
    let request = PackRequest(
      after: 0,
      upTo: end.position,
      selection: .beyond(.empty),
      byteLimit: .max,
      packLimit: .max
    )
    _ = try copy.append(try hub.packs(request).packs, from: end.store)
    return try copy.frontier()
  }
}

/// Writers who each bring another change whenever they are let.
private final class Crowd: Sendable {
  private let members: Mutex<[(lane: LaneFixture, peer: PeerFixture)]>

  init(_ count: Int, of writers: inout WriterFixture) throws {
    var members: [(lane: LaneFixture, peer: PeerFixture)] = []
    for _ in 0..<count { members.append((try writers.lane(), writers.peer())) }
    self.members = Mutex(members)
  }

  func write(to archive: MemoryHubArchive) throws {
    try members.withLock { members in
      for place in members.indices {
        let request = members[place].peer.request([try members[place].lane.pack()])
        _ = try archive.append(group: [request]).map { try $0.get() }
      }
    }
  }
}

/// An archive that a crowd writes to between any two calls of a session.
private struct BusyArchive: LogStore {
  let archive: MemoryHubArchive
  let crowd: Crowd

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) throws -> StoreView {
    try crowd.write(to: archive)
    return try archive.view(of: peer, knowing: cursor, writing: lane)
  }

  func frontier() throws -> Frontier {
    try crowd.write(to: archive)
    return try archive.frontier()
  }

  func packs(_ request: PackRequest) throws -> PackBatch {
    try crowd.write(to: archive)
    return try archive.packs(request)
  }

  func append(_ packs: [PackDelivery], from peer: StoreID) throws -> AppendReceipt {
    try crowd.write(to: archive)
    return try archive.append(packs, from: peer)
  }

  func remember(_ cursor: Cursor) throws {
    try crowd.write(to: archive)
    try archive.remember(cursor)
  }

  func forget(_ peer: StoreID) throws {
    try crowd.write(to: archive)
    try archive.forget(peer)
  }

  func adopt(_ genesis: Genesis) throws {
    try crowd.write(to: archive)
    try archive.adopt(genesis)
  }
}

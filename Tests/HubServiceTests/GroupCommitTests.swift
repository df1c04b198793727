import CRDT
import ChangeLog
import Dispatch
import HubService
import HubStorage
import HubStorageConformance
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

@Suite struct GroupCommitTests {
  @Test func `appends that come during one go together into the next, and each fails alone`()
    async throws
  {
    var writers = try WriterFixture(seed: 1)
    let random = SharedRandom(seed: 2)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    let archive = SlowArchive(try storage.archive(named: "desk"))
    try archive.adopt(writers.genesis)
    var requests: [AppendRequest] = []
    for _ in 0..<20 {
      var lane = try writers.lane()
      var peer = writers.peer()
      requests.append(peer.request([try lane.pack(1)]))
    }
    // One more, whose lane has a gap.
    var lane = try writers.lane()
    var peer = writers.peer()
    _ = try lane.pack(1)
    requests.append(peer.request([try lane.pack(1)]))

    let commit = GroupCommit(archive)
    let outcomes = await withTaskGroup(of: Bool.self) { group in
      for request in requests {
        group.addTask {
          (try? await commit.append(request.packs, from: request.peer)) != nil
        }
      }
      // The first is being written, all others wait; only then the store goes on.
      while await commit.waitingCount < requests.count - 1 { await Task.yield() }
      archive.goOn()
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(outcomes.count { $0 } == 20)
    #expect(archive.groupSizes == [1, 20])
    #expect(try archive.frontier().heads.count == 20)
  }
}

/// An archive whose first append takes until it is told to go on.
private final class SlowArchive: HubArchiveStore {
  private let archive: MemoryHubArchive
  private let sizes = Mutex<[Int]>([])
  private let gate = DispatchSemaphore(value: 0)

  init(_ archive: MemoryHubArchive) { self.archive = archive }

  var groupSizes: [Int] { sizes.withLock { $0 } }

  func goOn() { gate.signal() }

  func open(_ packs: [PackDelivery]) {}

  func append(group: [OpenedRequest<Void>]) throws -> [Result<AppendReceipt, any Error>] {
    let isFirst = sizes.withLock { sizes in
      sizes.append(group.count)
      return sizes.count == 1
    }
    if isFirst { gate.wait() }
    return try archive.append(group: group)
  }

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) throws -> StoreView {
    try archive.view(of: peer, knowing: cursor, writing: lane)
  }

  func frontier() throws -> Frontier { try archive.frontier() }
  func packs(_ request: PackRequest) throws -> PackBatch { try archive.packs(request) }
  func remember(_ cursor: Cursor) throws { try archive.remember(cursor) }
  func adopt(_ genesis: Genesis) throws { try archive.adopt(genesis) }
}

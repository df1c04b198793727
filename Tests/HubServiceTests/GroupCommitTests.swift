import CRDT
import ChangeLog
import Dispatch
import Foundation
import HubService
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

@Suite struct GroupCommitTests {
  @Test func `appends that come during one go together into the next, and each fails alone`()
    async throws
  {
    var writers = try WriterFixture(seed: 1)
    let archive = try Self.memoryArchive(of: writers.genesis)
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
        // Alone: with another in its group fewer would wait than are waited for.
        while archive.groups.isEmpty { await Task.yield() }
      }
      // The first is being written, all others wait; only then the store goes on.
      while await commit.waitingCount < requests.count - 1 { await Task.yield() }
      archive.goOn()
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(outcomes.count { $0 } == 20)
    #expect(archive.groups.map(\.count) == [1, 20])
    #expect(try archive.frontier().heads.count == 20)
  }

  @Test func `a group takes no more than its bytes, and the others come next, in order`()
    async throws
  {
    var writers = try WriterFixture(seed: 2)
    let archive = try Self.memoryArchive(of: writers.genesis)
    let requests = try [1, 1, 1, 1, 40, 1, 1].map { changeCount in
      var lane = try writers.lane()
      var peer = writers.peer()
      return peer.request([try lane.pack(changeCount)])
    }
    var limits = SyncLimits()
    limits.groupByteLimit = requests[1...3].reduce(0) { $0 + $1.plainByteCount }
    try #require(requests[4].plainByteCount > limits.groupByteLimit)

    let commit = GroupCommit(archive, limits: limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (place, request) in requests.enumerated() {
        group.addTask { _ = try await commit.append(request.packs, from: request.peer) }
        // The first is being written before the next comes, and waits no more.
        while archive.groups.isEmpty { await Task.yield() }
        while await commit.waitingCount < place { await Task.yield() }
      }
      archive.goOn()
      try await group.waitForAll()
    }
    let peers = requests.map(\.peer)
    #expect(archive.groups == [[peers[0]], Array(peers[1...3]), [peers[4]], Array(peers[5...])])
  }

  @Test func `packs that wait are opened only while the hub's budget has room`() async throws {
    var writers = try WriterFixture(seed: 3)
    var requests = try Self.requests(20, of: &writers)
    // One is refused halfway: its lane has a gap.
    let whole = requests[7]
    requests[7] = AppendRequest(packs: [whole.packs[0]] + whole.packs[2...], peer: whole.peer)
    // Room for the packs of one or two; all others wait closed.
    let byteLimit = requests[0].plainByteCount
    let hub = try SlowHub(of: writers.genesis, openedByteLimit: byteLimit)
    defer { hub.remove() }
    let outcomes = try await hub.append(requests) {
      // What has been opened takes more than was known before.
      let most = byteLimit + 8 * OpeningBudget.changeByteCount
      #expect((byteLimit / 2...most).contains(hub.budget.heldByteCount))
    }
    #expect(outcomes.count { $0 } == 19)
    #expect(try hub.archive.frontier().heads.count == 20)
    while hub.budget.heldByteCount > 0 { await Task.yield() }
  }

  @Test func `packs that cannot be stored give their room back`() async throws {
    var writers = try WriterFixture(seed: 4)
    let requests = try Self.requests(5, of: &writers)
    let hub = try SlowHub(of: writers.genesis, openedByteLimit: 8 * requests[0].plainByteCount)
    defer { hub.remove() }
    let outcomes = try await hub.append(requests) {
      #expect(hub.budget.heldByteCount > 0)
      try hub.storage.close()
    }
    #expect(!outcomes.contains(true))
    while hub.budget.heldByteCount > 0 { await Task.yield() }
  }

  /// Wishes of machines that each write a lane of their own, eight packs each.
  private static func requests(
    _ count: Int,
    of writers: inout WriterFixture
  ) throws -> [AppendRequest] {
    try (0..<count).map { _ in
      var lane = try writers.lane()
      var peer = writers.peer()
      return peer.request(try (0..<8).map { _ in try lane.pack(1) })
    }
  }

  private static func memoryArchive(of genesis: Genesis) throws -> SlowArchive<MemoryHubArchive> {
    let random = SharedRandom(seed: 2)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    try archive.adopt(genesis)
    return SlowArchive(archive)
  }
}

/// A hub with one archive in a file.
private struct SlowHub: Sendable {
  let budget: OpeningBudget
  let storage: SQLiteHubStorage
  let archive: SlowArchive<SQLiteHubArchive>
  private let folder: URL

  init(of genesis: Genesis, openedByteLimit: Int) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    budget = OpeningBudget(byteLimit: openedByteLimit)
    storage = try SQLiteHubStorage(folder: folder, openingBudget: budget)
    try storage.createArchive(named: "desk")
    archive = SlowArchive(try storage.archive(named: "desk"))
    try archive.adopt(genesis)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Asks the archive for all of it, and lets it go on when the first is being written and all others
  /// wait.
  ///
  /// - Returns: which succeeded, in no order.
  func append(
    _ requests: [AppendRequest],
    whenAllWait: () throws -> Void
  ) async throws -> [Bool] {
    let commit = GroupCommit(archive)
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      for request in requests {
        group.addTask { (try? await commit.append(request.packs, from: request.peer)) != nil }
        while archive.groups.isEmpty { await Task.yield() }
      }
      while await commit.waitingCount < requests.count - 1 { await Task.yield() }
      do {
        // Also where it throws: nobody would be answered.
        defer { archive.goOn() }
        try whenAllWait()
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}

/// An archive whose first append takes until it is told to go on.
private final class SlowArchive<Archive: HubArchiveStore>: HubArchiveStore {
  private let archive: Archive
  private let appended = Mutex<[[StoreID]]>([])
  private let gate = DispatchSemaphore(value: 0)

  init(_ archive: Archive) { self.archive = archive }

  /// Who was in each group.
  var groups: [[StoreID]] { appended.withLock { $0 } }

  func goOn() { gate.signal() }

  func open(_ packs: [PackDelivery]) -> Archive.Opened { archive.open(packs) }

  func append(
    group: [OpenedRequest<Archive.Opened>]
  ) throws -> [Result<AppendReceipt, any Error>] {
    let isFirst = appended.withLock { appended in
      appended.append(group.map(\.request.peer))
      return appended.count == 1
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
  func forget(_ peer: StoreID) throws { try archive.forget(peer) }
  func adopt(_ genesis: Genesis) throws { try archive.adopt(genesis) }
}

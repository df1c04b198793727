import CRDT
import ChangeLog
import HubService
import HubStorage
import HubStorageConformance
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

@Suite struct LiveFanOutTests {
  /// An archive, and the log's end as those who watch it hear it.
  private struct Fixture {
    var writers: WriterFixture
    let archive: CountingArchive
    let commit: GroupCommit<CountingArchive>

    init() throws {
      writers = try WriterFixture(seed: 1)
      let random = SharedRandom(seed: 2)
      let storage = MemoryHubStorage {
        guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
        return store
      }
      try storage.createArchive(named: "desk")
      archive = CountingArchive(try storage.archive(named: "desk"))
      try archive.adopt(writers.genesis)
      commit = GroupCommit(archive)
    }
  }

  private static func request(after: UInt64, upTo: UInt64, by peer: StoreID) -> PackRequest {
    PackRequest(
      after: after,
      upTo: upTo,
      selection: .notFrom(peer),
      byteLimit: 1 << 20,
      packLimit: 64
    )
  }

  @Test func `who watches hears the end at once and after every append`() async throws {
    var fixture = try Fixture()
    var lane = try fixture.writers.lane()
    var peer = fixture.writers.peer()
    let heard = Mutex<[UInt64]>([])
    let watch = await fixture.commit.watch(
      grown: { end in heard.withLock { $0.append(end.position) } },
      failed: { Issue.record($0) }
    )
    for count in [1, 2] {
      let request = peer.request([try lane.pack(count)])
      _ = try await fixture.commit.append(request.packs, from: request.peer)
    }
    // The append is acknowledged before others hear of it.
    while heard.withLock({ $0.count }) < 3 { await Task.yield() }
    let positions = heard.withLock { $0 }
    #expect(positions.first == 0)
    #expect(positions == positions.sorted() && Set(positions).count == 3)
    withExtendedLifetime(watch) {}
  }

  @Test func `who watches hears of what came before a pack that was refused`() async throws {
    var fixture = try Fixture()
    var lane = try fixture.writers.lane()
    var peer = fixture.writers.peer()
    let first = peer.request([try lane.pack(1)])
    _ = try await fixture.commit.append(first.packs, from: first.peer)
    let heard = Mutex<[UInt64]>([])
    let watch = await fixture.commit.watch(
      grown: { end in heard.withLock { $0.append(end.position) } },
      failed: { Issue.record($0) }
    )
    let good = try lane.pack(1)
    _ = try lane.pack(1)
    let request = peer.request([good, try lane.pack(1)])
    let start = try fixture.archive.logEnd().position
    await #expect(throws: LogFailure.self) {
      _ = try await fixture.commit.append(request.packs, from: request.peer)
    }
    let end = try fixture.archive.logEnd().position
    #expect(end > start)
    while heard.withLock({ $0.last }) != end { await Task.yield() }
    // Whose pack was refused is not sent back what stayed, and others are not sent less for it.
    let others = try await fixture.commit.packs(
      Self.request(after: start, upTo: end, by: fixture.writers.peer().store)
    )
    #expect(others.packs.count == 1)
    let own = try await fixture.commit.packs(Self.request(after: start, upTo: end, by: peer.store))
    #expect(own.packs.isEmpty)
    withExtendedLifetime(watch) {}
  }

  @Test func `many who lack the same are given one answer, read and encoded once`() async throws {
    var fixture = try Fixture()
    var lane = try fixture.writers.lane()
    var peer = fixture.writers.peer()
    let first = peer.request([try lane.pack(1)])
    _ = try await fixture.commit.append(first.packs, from: first.peer)
    let start = try fixture.archive.logEnd().position
    let second = peer.request([try lane.pack(2)])
    _ = try await fixture.commit.append(second.packs, from: second.peer)
    let end = try fixture.archive.logEnd().position
    let alone = try fixture.archive.packs(
      Self.request(after: start, upTo: end, by: fixture.writers.peer().store)
    )
    let before = fixture.archive.readCount
    for _ in 0..<50 {
      let subscriber = fixture.writers.peer().store
      let batch = try await fixture.commit.packs(
        Self.request(after: start, upTo: end, by: subscriber)
      )
      #expect(batch.packs.map(\.pack) == alone.packs.map(\.pack))
      #expect(batch.position == end && batch.changeCount == alone.changeCount)
      let delivery = try #require(batch.packs.first)
      #expect(delivery.frame == FrameDecoder.frame(MessageCodec.encode(.pack(delivery))))
    }
    #expect(fixture.archive.readCount == before + 1)
    // Whoever brought it is not sent it back, and who lacks more reads for itself.
    let own = try await fixture.commit.packs(Self.request(after: start, upTo: end, by: peer.store))
    #expect(own.packs.isEmpty)
    let behind = try await fixture.commit.packs(
      Self.request(after: 0, upTo: end, by: fixture.writers.peer().store)
    )
    #expect(behind.packs.count == 2)
    #expect(fixture.archive.readCount == before + 3)
  }
}

/// An archive that counts how often packs are read.
private final class CountingArchive: HubArchiveStore {
  private let archive: MemoryHubArchive
  private let count = Mutex(0)

  init(_ archive: MemoryHubArchive) { self.archive = archive }

  var readCount: Int { count.withLock { $0 } }

  func packs(_ request: PackRequest) throws -> PackBatch {
    count.withLock { $0 += 1 }
    return try archive.packs(request)
  }

  func open(_ packs: [PackDelivery]) {}

  func append(group: [OpenedRequest<Void>]) throws -> [Result<AppendReceipt, any Error>] {
    try archive.append(group: group)
  }

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) throws -> StoreView {
    try archive.view(of: peer, knowing: cursor, writing: lane)
  }

  func frontier() throws -> Frontier { try archive.frontier() }
  func remember(_ cursor: Cursor) throws { try archive.remember(cursor) }
  func forget(_ peer: StoreID) throws { try archive.forget(peer) }
  func adopt(_ genesis: Genesis) throws { try archive.adopt(genesis) }
}

import ChangeLog
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

@Suite struct OpenedPacksTests {
  private let genesis: Genesis
  private let peer: StoreID
  private let packs: [PackDelivery]

  init() throws {
    var writers = try WriterFixture(seed: 1)
    genesis = writers.genesis
    var lane = try writers.lane()
    var peer = writers.peer()
    self.peer = peer.store
    packs = try (0..<10).map { _ in peer.deliver(try lane.pack(2)) }
  }

  /// A budget that has room for so many of the first packs, and no byte more.
  private func budget(for count: Int) -> OpeningBudget {
    OpeningBudget(byteLimit: packs.prefix(count).reduce(0) { $0 + $1.plainByteCount })
  }

  @Test(arguments: [0, 1, 3, 10])
  func `packs are opened ahead while there is room, and taken in any case`(count: Int) throws {
    let budget = budget(for: count)
    let openedCount = Mutex(0)
    let opened = OpenedPacks(packs, budget: budget) { _ in openedCount.withLock { $0 += 1 } }
    let ahead = packs.prefix(min(count, 6))
    let plainByteCount = ahead.reduce(0) { $0 + $1.plainByteCount }
    // Two changes a pack; those of packs that other threads have opened count already.
    let openByteCount = plainByteCount + ahead.count * 2 * OpeningBudget.changeByteCount
    #expect((plainByteCount...openByteCount).contains(budget.heldByteCount))
    #expect(openedCount.withLock { $0 } <= min(count, 6))
    for (place, delivery) in packs.enumerated() {
      #expect(try opened.take(place).pack.spans == Pack(delivery.pack).spans)
    }
    #expect(openedCount.withLock { $0 } == packs.count)
    #expect(budget.heldByteCount == 0)
  }

  @Test func `without room nothing is opened before it is taken`() throws {
    let budget = budget(for: 1)
    // All of it: a pack may be some bytes smaller than the first.
    let room = try #require(budget.room(for: packs[0].plainByteCount))
    let openedCount = Mutex(0)
    let opened = OpenedPacks(packs, budget: budget) { _ in openedCount.withLock { $0 += 1 } }
    #expect(openedCount.withLock { $0 } == 0)
    for place in 0..<3 {
      _ = try opened.take(place)
      #expect(openedCount.withLock { $0 } == place + 1)
    }
    withExtendedLifetime(room) {}
  }

  @Test func `what is refused, or never taken, gives its room back`() async throws {
    let budget = budget(for: packs.count)
    do {
      var bytes = packs[1].pack
      bytes[bytes.count - 1] ^= 1
      var damaged = packs
      damaged[1] = PackDelivery(pack: bytes, position: packs[1].position, check: packs[1].check)
      let opened = OpenedPacks(damaged, budget: budget) { _ in }
      let untouched = OpenedPacks(packs, budget: budget) { _ in }
      _ = try opened.take(0)
      #expect(throws: LogFailure.self) { try opened.take(1) }
      #expect(budget.heldByteCount > 0)
      withExtendedLifetime(untouched) {}
    }
    // One that another thread has just begun to open is held until it is open.
    while budget.heldByteCount > 0 { await Task.yield() }
  }

  @Test func `the archives of a hub share one budget`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let budget = budget(for: 3)
    let storage = try SQLiteHubStorage(folder: folder.url, openingBudget: budget)
    let archives = try ["desk", "attic"].map { name in
      try storage.createArchive(named: name)
      let archive = try storage.archive(named: name)
      try archive.adopt(genesis)
      return archive
    }
    let request = AppendRequest(packs: packs, peer: peer)
    let opened = archives.map { OpenedRequest(request, opened: $0.open(packs)) }
    let plainByteCount = packs.prefix(3).reduce(0) { $0 + $1.plainByteCount }
    #expect(
      (plainByteCount...plainByteCount + 6 * OpeningBudget.changeByteCount)
        .contains(budget.heldByteCount)
    )
    for (archive, opened) in zip(archives, opened).reversed() {
      #expect(try archive.append(group: [opened])[0].get().newChangeCount == 20)
    }
    #expect(budget.heldByteCount == 0)
    try storage.close()
  }
}

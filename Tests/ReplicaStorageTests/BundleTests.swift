import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct BundleTests {
  private struct Killed: Error {}

  private let desk: BundleDesk
  private var world: TestWorld { desk.world }

  init() throws { desk = try BundleDesk() }

  private func path(_ name: String) -> String { desk.path(name) }

  // MARK: - There and back

  @Test func `a whole bundle makes an archive, and a second time nothing`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(5, to: anna, from: 0)
    let bert = try world.clone(of: anna, named: "bert")
    try desk.write(3, to: bert, from: 100)
    _ = try world.sync(anna, with: bert)
    let bundle = try desk.bundle(of: anna)
    let carla = try desk.empty(named: "carla")
    let first = try carla.apply(bundle)
    #expect(first.newChangeCount == 10)
    #expect(first.isEqual)
    #expect(try carla.digest() == anna.digest())
    let position = try carla.endPosition()
    let second = try carla.apply(bundle)
    #expect(second.newChangeCount == 0)
    #expect(second.isEqual)
    #expect(try carla.endPosition() == position)
    // Everything could be verified before anything was applied.
    #expect(try bundle.survey().verifiedCount == bundle.head.changeCount)
    // The packs are those of the log, byte by byte.
    #expect(try packs(of: carla) == packs(of: anna))
  }

  private func packs(of replica: Replica) throws -> [[UInt8]] {
    try replica.everyPack().map(\.pack)
  }

  @Test(arguments: [UInt64](1...8))
  func `made-up histories carried by bundles alone converge`(seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for _ in 0..<30 { try history.step() }
    // Everybody's bundle to everybody: whole ones build on nothing.
    for (place, from) in history.replicas.enumerated() {
      let bundle = try desk.bundle(of: from, "\(place).bundle")
      for to in history.replicas where to !== from { _ = try to.apply(bundle) }
    }
    for (place, from) in history.replicas.enumerated() {
      let bundle = try desk.bundle(of: from, "\(place).bundle")
      for to in history.replicas where to !== from { _ = try to.apply(bundle) }
    }
    #expect(try Set(history.replicas.map { try $0.digest() }).count == 1)
  }

  @Test func `after bundles both ways a sync has nothing to send`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(4, to: anna, from: 0)
    let bert = try desk.empty(named: "bert")
    _ = try bert.apply(desk.bundle(of: anna))
    try desk.write(2, to: bert, from: 10)
    _ = try anna.apply(desk.bundle(of: bert))
    let result = try world.sync(anna, with: bert)
    #expect(try anna.digest() == bert.digest())
    #expect(result.dialler?.tally.changesSent == 0)
    #expect(result.dialler?.tally.changesReceived == 0)
  }

  // MARK: - Since

  @Test func `a bundle since a cursor goes on from there, and from the next one`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    let bert = try desk.empty(named: "bert")
    var cursor = try desk.bundle(of: anna).head.end
    _ = try bert.apply(desk.bundle(of: anna))
    for number in 1...3 {
      try desk.write(2, to: anna, from: 10 * number)
      #expect(Cursor("\(cursor)") == cursor)
      let bundle = try desk.bundle(of: anna, from: anna.bundleBeginning(at: cursor))
      #expect(bundle.head.changeCount == 2)
      #expect(try bert.apply(bundle).newChangeCount == 2)
      cursor = bundle.head.end
    }
    #expect(try bert.digest() == anna.digest())
    // Bert now knows Anna's log to its end, as if they had met.
    #expect(try bert.view(of: cursor.store, knowing: nil, writing: nil).known == cursor)
    let nothing = try desk.bundle(of: anna, from: anna.bundleBeginning(at: cursor))
    #expect(nothing.head.packCount == 0)
    #expect(try bert.apply(nothing).isEqual)
    #expect(throws: BundleFailure.unknownCursor) { try bert.bundleBeginning(at: cursor) }
  }

  @Test func `a bundle since a time holds what was received then, whenever it was written`() throws
  {
    let anna = try world.replica(named: "anna")
    let bert = try world.clone(of: anna, named: "bert")
    try desk.write(2, to: bert, from: 0)
    try desk.write(3, to: anna, from: 10)
    let noon = world.clock.now
    // Bert wrote before noon; Anna received it afterwards.
    _ = try world.sync(anna, with: bert)
    let since = try desk.bundle(of: anna, from: anna.bundleBeginning(at: noon + 1))
    #expect(since.head.changeCount == 3)
    #expect(try anna.bundleBeginning(at: Int64.min) == .log)
    #expect(
      try anna.bundleBeginning(at: world.clock.now + 1)
        == BundleBeginning(position: anna.endPosition())
    )
  }

  @Test func `a bundle since a remote holds what it has not got, and nothing that it brought`()
    throws
  {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    let hub = try world.clone(of: anna, named: "hub")
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    try anna.noteReached(
      remote: "origin",
      store: hub.storeID(),
      clockOffset: 0,
      sent: anna.endPosition()
    )
    try desk.write(2, to: hub, from: 10)
    _ = try world.sync(anna, with: hub)
    try desk.write(1, to: anna, from: 20)
    let remote = try #require(try anna.remotes().first)
    let bundle = try desk.bundle(of: anna, from: anna.bundleBeginning(after: remote))
    #expect(bundle.head.changeCount == 1)
    let known = try hub.view(of: anna.storeID(), knowing: nil, writing: nil).known
    #expect(try hub.apply(bundle).newChangeCount == 1)
    #expect(try hub.digest() == anna.digest())
    // It is made for the hub, which so knows all of Anna's log.
    #expect(known != bundle.head.end)
    #expect(try hub.view(of: anna.storeID(), knowing: nil, writing: nil).known == bundle.head.end)
  }

  // MARK: - Gaps

  @Test func `a gap is named, and nothing is applied`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(2, to: anna, from: 0)
    let bert = try desk.empty(named: "bert")
    let first = try desk.bundle(of: anna, "first")
    _ = try bert.apply(first)
    try desk.write(3, to: anna, from: 10)
    let second = try desk.bundle(of: anna, from: anna.bundleBeginning(at: first.head.end), "second")
    try desk.write(1, to: anna, from: 20)
    let third = try desk.bundle(of: anna, from: anna.bundleBeginning(at: second.head.end), "third")
    let lane = try #require(try anna.frontier().heads.first)
    let missing = MissingChanges(
      lane: lane.key,
      seqs: (lane.value.seq - 3)...(lane.value.seq - 1),
      cause: .absent
    )
    let before = (try bert.endPosition(), try bert.digest(), try bert.frontier())
    #expect(throws: BundleFailure.gap(third.name, [missing])) { try bert.apply(third) }
    #expect(try bert.endPosition() == before.0)
    #expect(try bert.digest() == before.1)
    #expect(try bert.frontier() == before.2)
    #expect(try bert.survey(third).missing == [missing])
    #expect("\(BundleFailure.gap("a", [missing]))".contains("lane \(lane.key.bytes.hex)"))
    _ = try bert.apply(second)
    #expect(try bert.apply(third).isEqual)
    // Alone it says what it builds on.
    #expect(try third.survey().prerequisites[lane.key]?.seq == lane.value.seq - 1)
  }

  @Test func `what changes depend on is missed too`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    let bert = try world.clone(of: anna, named: "bert")
    let carla = try world.clone(of: anna, named: "carla")
    // Carla's first change names one of Bert's.
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    _ = try world.sync(carla, with: bert)
    let position = try carla.endPosition()
    try carla.write { try $0.set(.headline, of: article, to: "Carla's") }
    let bundle = try desk.bundle(of: carla, from: BundleBeginning(position: position))
    let bertsLane = try #require(
      try bert.frontier().heads.first { try anna.frontier().heads[$0.key] == nil }
    )
    let gap = BundleFailure.gap(
      bundle.name,
      [MissingChanges(lane: bertsLane.key, seqs: 1...bertsLane.value.seq, cause: .absent)]
    )
    #expect(throws: gap) { try anna.apply(bundle) }
    _ = try world.sync(anna, with: bert)
    #expect(try anna.apply(bundle).newChangeCount > 0)
    #expect(try anna.digest() == carla.digest())
  }

  @Test func `a bundle of one who knows less of a remote does not make this one know its log`()
    throws
  {
    let anna = try world.replica(named: "anna")
    let bert = try world.clone(of: anna, named: "bert")
    let carla = try world.clone(of: anna, named: "carla")
    try desk.write(2, to: carla, from: 0)
    _ = try world.sync(anna, with: carla)
    let position = try anna.endPosition()
    try desk.write(1, to: anna, from: 10)
    // Builds on nothing that Bert lacks, and yet he does not know all of Anna's log before it.
    let known = try bert.view(of: anna.storeID(), knowing: nil, writing: nil).known
    let bundle = try desk.bundle(of: anna, from: BundleBeginning(position: position))
    let outcome = try bert.apply(bundle)
    #expect(UInt64(outcome.newChangeCount) == bundle.head.changeCount)
    #expect(!outcome.isEqual)
    #expect(try bert.view(of: anna.storeID(), knowing: nil, writing: nil).known == known)
    _ = try world.sync(bert, with: anna)
    #expect(try bert.digest() == anna.digest())
  }

  @Test func `both ways of a fork travel in a bundle`() throws {
    var history = try RandomHistory(seed: 3)
    for _ in 0..<6 { try history.step() }
    let anna = try #require(history.replicas.first)
    let identities = MemoryIdentities { [world] in world.random.bytes(32) }
    let environment = world.environment(named: "dora", identities: identities)
    let file = path("dora.stet")
    let dora = try Replica.createForCloning(at: file, from: "bundle", environment: environment)
    _ = try dora.apply(desk.bundle(of: anna))
    try dora.finishCloning()
    try desk.write(1, to: dora, from: 0)
    let mark = try identities.mark(of: dora.storeID())
    let store = try dora.storeID()
    try dora.close()
    let bytes = try Data(contentsOf: URL(filePath: file))
    // Two ways on: the machine is brought back between them, keys and marks as well.
    let first = try Replica.open(file, environment: environment)
    try desk.write(2, to: first, from: 10)
    let one = try desk.bundle(of: first, "one")
    try first.close()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: file + suffix)
    }
    try bytes.write(to: URL(filePath: file))
    if let mark { identities.set(mark, of: store) }
    let second = try Replica.open(file, environment: environment)
    try desk.write(1, to: second, from: 20)
    let two = try desk.bundle(of: second, "two")
    _ = try anna.apply(one)
    let outcome = try anna.apply(two)
    #expect(outcome.forks.count == 1)
    let whole = try desk.bundle(of: anna, "whole")
    for replica in [second, try desk.empty(named: "emil")] {
      _ = try replica.apply(whole)
      #expect(try replica.digest() == anna.digest())
      #expect(try replica.forks().count == 1)
    }
  }

  @Test func `a file that was brought back learns from a gap to leave its lane`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(1, to: anna, from: 0)
    let identities = MemoryIdentities { [world] in world.random.bytes(32) }
    let environment = world.environment(named: "bert", identities: identities)
    let file = path("bert.stet")
    let bert = try Replica.createForCloning(at: file, from: "bundle", environment: environment)
    _ = try bert.apply(desk.bundle(of: anna))
    try bert.finishCloning()
    try desk.write(1, to: bert, from: 10)
    let store = try bert.storeID()
    let mark = identities.mark(of: store)
    try bert.close()
    let bytes = try Data(contentsOf: URL(filePath: file))
    let later = try Replica.open(file, environment: environment)
    try desk.write(2, to: later, from: 20)
    let position = try later.endPosition()
    try desk.write(1, to: later, from: 30)
    let bundle = try desk.bundle(of: later, from: BundleBeginning(position: position))
    let lane = try #require(
      try later.frontier().heads.keys.first { try anna.frontier().heads[$0] == nil }
    )
    try later.close()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: file + suffix)
    }
    try bytes.write(to: URL(filePath: file))
    if let mark { identities.set(mark, of: store) }
    let restored = try Replica.open(file, environment: environment)
    let head = try #require(try restored.frontier().heads[lane])
    #expect(throws: BundleFailure.self) { try restored.apply(bundle) }
    try desk.write(1, to: restored, from: 40)
    #expect(try restored.frontier().heads[lane] == head)
  }

  // MARK: - Breaking off

  @Test func `a bundle that was broken off leaves nothing, and no file is overwritten`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    #expect(throws: Killed.self) {
      try anna.writeBundle(to: self.path("made")) { _, _ in throw Killed() }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder.path).isEmpty)
    try Data("mine".utf8).write(to: URL(filePath: path("made")))
    #expect(throws: BundleFailure.exists(path("made"))) {
      try anna.writeBundle(to: self.path("made"))
    }
    #expect(try Data(contentsOf: URL(filePath: path("made"))) == Data("mine".utf8))
    #expect(throws: BundleFailure.fileSystem(path("no/folder/made"), ENOENT)) {
      try anna.writeBundle(to: self.path("no/folder/made"))
    }
  }

  @Test(arguments: [1, 64, 129])
  func `an apply that was broken off goes on`(packs: Int) throws {
    let anna = try world.replica(named: "anna")
    try desk.write(150, to: anna, from: 0)
    let bundle = try desk.bundle(of: anna)
    let bert = try desk.empty(named: "bert")
    #expect(throws: DyingStore.Killed.self) {
      try bundle.apply(
        to: DyingStore(store: bert, packLimit: packs),
        own: bert.storeID(),
        knowing: nil
      )
    }
    let reached = try bert.endPosition()
    #expect(reached < bundle.head.end.position)
    let outcome = try bert.apply(bundle)
    #expect(UInt64(outcome.newChangeCount) == bundle.head.changeCount - reached)
    #expect(try bert.digest() == anna.digest())
  }

  // MARK: - Repair

  @Test func `what a damaged file lost comes back from a bundle`() throws {
    let file = path("anna.stet")
    let anna = try Replica.create(
      at: file,
      named: "desk",
      environment: world.environment(named: "anna")
    )
    try desk.write(40, to: anna, from: 0)
    _ = try anna.writeBundle(to: path("kept.bundle"))
    let digest = try anna.digest()
    try anna.close()
    var bytes = try Data(contentsOf: URL(filePath: file))
    for place in stride(from: 20_000, to: bytes.count, by: 9000) { bytes[place] ^= 0x40 }
    for place in 0..<4096 { bytes[place] = 0 }
    try bytes.write(to: URL(filePath: file))
    let repair = try Repair(of: file, environment: world.environment(named: "anna"))
    try repair.takeSalvage()
    try repair.fetch(from: BundleReader(path("kept.bundle")))
    let report = try repair.finish()
    #expect(report.isComplete)
    let repaired = try Replica.open(file, environment: world.environment(named: "anna"))
    #expect(try repaired.digest() == digest)
  }
}

/// A store that dies after so many packs.
private struct DyingStore: LogStore {
  struct Killed: Error {}

  let store: Replica
  let packLimit: Int

  func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) throws -> StoreView { try store.view(of: peer, knowing: cursor, writing: lane) }

  func frontier() throws -> Frontier { try store.frontier() }
  func packs(_ request: PackRequest) throws -> PackBatch { try store.packs(request) }
  func remember(_ cursor: Cursor) throws { try store.remember(cursor) }
  func forget(_ peer: StoreID) throws { try store.forget(peer) }
  func adopt(_ genesis: Genesis) throws { try store.adopt(genesis) }

  func append(_ packs: [PackDelivery], from peer: StoreID) throws -> AppendReceipt {
    let left = packLimit - Int(try store.endPosition())
    guard packs.count <= left else {
      _ = try store.append(Array(packs.prefix(max(0, left))), from: peer)
      throw Killed()
    }
    return try store.append(packs, from: peer)
  }
}

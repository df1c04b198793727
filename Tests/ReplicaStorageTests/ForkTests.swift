import ArchiveSimulation
import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import HubStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct ForkTests {
  @Test func `copies that wrote under one key keep both ways, and agree`() throws {
    let world = try ForkWorld(seed: 1)
    let first = world.machines[0]
    try first.replica.write { _ = try $0.importArticle("1", headline: "common") }
    try world.sync(first)
    let twin = try world.twin(of: first)
    try first.replica.write { _ = try $0.importArticle("2", headline: "first") }
    try twin.replica.write { _ = try $0.importArticle("3", headline: "twin") }
    try world.sync(first)
    try world.sync(twin)
    try world.sync(first)
    for machine in [first, twin] {
      let headlines = try machine.replica.articles().map { $0.headline }
      #expect(Set(headlines) == ["common", "first", "twin"])
      #expect(try machine.replica.forks().map(\.branches.count) == [2])
      try machine.replica.write { _ = try $0.importArticle("4", headline: "later") }
    }
    // Key's lane, two branches, and a lane that each copy began since.
    try world.settle()
    #expect(try first.replica.frontier().heads.count == 5)
    #expect(try first.replica.digest() == twin.replica.digest())
  }

  @Test func `any forks, in any order of syncs, end with one archive everywhere`() async {
    let complaints = await Seeds.complaints(Seeds.first(60)) { seed in
      let world = try ForkWorld(seed: seed)
      for _ in 0..<40 { try world.step() }
      try world.settle()
      let machines = world.machines
      let digests = try machines.map { try $0.replica.digest() }
      guard Set(digests).count == 1 else { return "digests differ" }
      let frontiers = try machines.map { try $0.replica.frontier().heads }
      guard Set(frontiers).count == 1 else { return "frontiers differ" }
      guard try world.hub.frontier().heads == frontiers[0] else { return "the hub differs" }
      for machine in machines {
        let before = try DerivedState.dump(machine.replica)
        try machine.replica.rebuild()
        guard try DerivedState.dump(machine.replica) == before else {
          return "a rebuild differs"
        }
      }
      for article in world.acknowledged {
        for machine in machines where try machine.replica.history(of: article).isEmpty {
          return "an article is lost"
        }
      }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  private static func emptyReplica(
    at path: String,
    of genesis: Genesis,
    _ world: TestWorld
  ) throws -> Replica {
    let replica = try Replica.createForCloning(
      at: path,
      from: "memory",
      environment: world.environment(named: "bert")
    )
    try replica.adopt(genesis)
    return replica
  }

  @Test func `a key whose first changes differ is two lanes, in any order`() throws {
    var writers = try WriterFixture(seed: 5)
    var lane = try writers.lane()
    var twin = lane
    twin.diverge()
    let packs = [try lane.pack(3), try twin.pack(2), try lane.pack()]
    let folder = TemporaryFolder()
    let world = TestWorld()
    var digests: Set<Hash> = []
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2]] {
      for together in [true, false] {
        let path = folder.url.appending(path: "\(order)-\(together).stet").path
        let replica = try Self.emptyReplica(at: path, of: writers.genesis, world)
        var peer = writers.peer()
        let deliveries = order.map { peer.deliver(packs[$0]) }
        for group in together ? [deliveries] : deliveries.map({ [$0] }) {
          _ = try replica.append(group, from: peer.store)
        }
        #expect(try replica.forks().map(\.branches.count) == [2])
        #expect(try Set(replica.frontier().heads.values.map(\.seq)) == [4, 2])
        let state = try DerivedState.dump(replica)
        try replica.rebuild()
        #expect(try DerivedState.dump(replica) == state)
        digests.insert(try replica.digest())
        #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
      }
    }
    #expect(digests.count == 1)
  }

  @Test func `a pack that forks in many places gives what its parts give`() throws {
    var writers = try WriterFixture(seed: 6)
    var trunk = try writers.lane()
    var witness = try writers.lane()
    var known = [try witness.pack()]
    var ways: [PackFixture] = []
    for _ in 0..<8 {
      known.append(try trunk.pack(2))
      var twin = trunk
      twin.diverge()
      ways.append(try twin.pack(2))
    }
    // The last way goes on where the trunk ends; somebody names it before the forks are known.
    let news = [ways[7], try witness.pack(1, naming: [ways[7]])] + ways.dropLast()
    let folder = TemporaryFolder()
    let world = TestWorld()
    var digests: Set<Hash> = []
    for (name, packs) in [("parts", news), ("whole", [try PackFixture.joining(news)])] {
      let path = folder.url.appending(path: "\(name).stet").path
      let replica = try Self.emptyReplica(at: path, of: writers.genesis, world)
      var peer = writers.peer()
      for packs in [known, packs] {
        _ = try replica.append(packs.map { peer.deliver($0) }, from: peer.store)
      }
      #expect(try replica.forks().map(\.branches.count) == [14])
      digests.insert(try replica.digest())
      #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
    }
    #expect(digests.count == 1)
  }

  @Test func `an action that goes on beyond a fork is undone as one, and redone`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    var writer = try HandWriter(for: anna, world)
    let articles = try (0..<3).map { _ in try world.articleID() }
    let common = [
      try writer.certify(by: world.key()), try writer.write(articles[0], action: 2),
    ]
    var twin = writer
    let ways = [
      try writer.write(articles[1], action: 2), try twin.write(articles[2], action: 2),
    ]
    _ = try anna.append(common + ways, from: HandWriter.store)
    #expect(try anna.forks().map(\.branches.count) == [2])

    let action = ChangeID(lane: writer.lane.lane, seq: 2)
    let last = ChangeID(lane: writer.branch, seq: 3)
    let report = try anna.write { try $0.undo(last) }
    #expect(report.undone == action)
    #expect(report.objectCount == 3)
    #expect(try articles.allSatisfy { try !anna.detail(of: $0).article.isLive })
    #expect(throws: ReplicaFailure.self) { try anna.write { try $0.undo(action) } }
    _ = try anna.write { try $0.undo(report.change) }
    #expect(try articles.allSatisfy { try anna.detail(of: $0).article.isLive })
    #expect(try anna.actions(limit: 9).first { $0.action == action }?.isUndone == false)
  }

  /// Two members may certify one key, each in its own first change.
  @Test func `a branch is of the member whose branch it continues`() throws {
    let world = TestWorld()
    let members = try (0..<2).map { _ in try world.key() }
    for order in [[0, 1], [1, 0]] {
      let anna = try world.replica(named: "anna")
      let unwritten = try HandWriter(for: anna, world)
      var lanes: [PublicKey: Set<LaneID>] = [:]
      var packs: [PackDelivery] = []
      for member in order.map({ members[$0] }) {
        var writer = unwritten
        packs.append(try writer.certify(by: member))
        let first = writer.branch
        var twin = writer
        packs += [try writer.write(world.articleID()), try twin.write(world.articleID())]
        let way = writer.branch
        packs.append(try writer.write(world.articleID()))
        lanes[member.publicKey] = [first, way, twin.branch]
      }
      _ = try anna.append(packs, from: HandWriter.store)
      for profile in try anna.profiles() {
        guard let expected = lanes.removeValue(forKey: profile.member) else { continue }
        #expect(Set(profile.lanes) == expected)
      }
      #expect(lanes.isEmpty)
    }
  }

  @Test func `a machine that hears of later changes of its own lane begins a new one`() throws {
    let world = try ForkWorld(seed: 2)
    let first = world.machines[0]
    try first.replica.write { _ = try $0.importArticle("1", headline: "common") }
    try world.sync(first)
    let old = try world.twin(of: first)
    try first.replica.write { _ = try $0.importArticle("2", headline: "lost by the machine") }
    try world.sync(first)
    try world.sync(old)
    try old.replica.write { _ = try $0.importArticle("3", headline: "afterwards") }
    try world.sync(old)
    #expect(try old.replica.forks().isEmpty)
    #expect(try old.replica.frontier().heads.count == 2)
  }

  @Test func `what a peer says of the own lane is enough to end it`() throws {
    let world = try ForkWorld(seed: 3)
    let replica = world.machines[0].replica
    try replica.write { _ = try $0.importArticle("1", headline: "h") }
    let lane = try #require(try replica.frontier().heads.keys.first)
    let same = { (head: LaneHead) in ClaimedHead(seq: head.seq, hashPrefix: head.hash.prefix) }
    let behind = { (head: LaneHead) in ClaimedHead(seq: head.seq - 1, hashPrefix: [0]) }
    let ahead = { (head: LaneHead) in ClaimedHead(seq: head.seq + 1, hashPrefix: [0]) }
    for (claim, lanes) in [(same, 1), (behind, 1), (ahead, 2)] {
      let head = try #require(try replica.frontier().heads[lane])
      try replica.witness(claim(head), of: lane)
      try replica.write { _ = try $0.importArticle("\(head.seq)", headline: "h") }
      #expect(try replica.frontier().heads.count == lanes)
    }
  }

  @Test func `an action does not go on in another lane`() throws {
    let replica = try ForkWorld(seed: 5).machines[0].replica
    let first = try replica.write { writer in
      _ = try writer.importArticle("1", headline: "h")
      return writer.action
    }
    let action = try #require(first)
    let next = try replica.write(continuing: action) { writer in
      _ = try writer.importArticle("2", headline: "h")
      return writer.action
    }
    #expect(next == action)
    let head = try #require(try replica.frontier().heads[action.lane])
    try replica.witness(
      ClaimedHead(seq: head.seq + 1, hashPrefix: [0]),
      of: action.lane
    )
    let other = try replica.write(continuing: action) { writer in
      _ = try writer.importArticle("3", headline: "h")
      return writer.action
    }
    #expect(try #require(other).lane != action.lane)
    let actions = try replica.actions(limit: 9).map(\.action)
    #expect(actions.contains(action))
    #expect(try actions.contains(#require(other)))
  }

  @Test func `another hash at the head of the own lane ends it too`() throws {
    let world = try ForkWorld(seed: 4)
    let replica = world.machines[0].replica
    try replica.write { _ = try $0.importArticle("1", headline: "h") }
    let (lane, head) = try #require(try replica.frontier().heads.first)
    try replica.witness(ClaimedHead(seq: head.seq, hashPrefix: [0]), of: lane)
    try replica.write { _ = try $0.importArticle("2", headline: "h") }
    #expect(try replica.frontier().heads.count == 2)
  }
}

/// Machines with files and keys, some of them copies of others with their keys, and a hub.
private final class ForkWorld {
  struct Machine {
    let replica: Replica
    let identities: MemoryIdentities
  }

  private(set) var machines: [Machine] = []
  private(set) var acknowledged: [ObjectID] = []
  let hub: MemoryHubArchive
  private let world: TestWorld
  private let folder = TemporaryFolder()
  private var random: SeededRandom

  init(seed: UInt64) throws {
    let world = TestWorld(seed: seed)
    self.world = world
    random = SeededRandom(seed: seed ^ 0xF0)
    let storage = MemoryHubStorage {
      guard let store = StoreID(world.random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    hub = try storage.archive(named: "desk")
    let identities = MemoryIdentities { world.random.bytes(32) }
    let replica = try Replica.create(
      at: path(),
      named: "desk",
      environment: world.environment(named: "anna", identities: identities)
    )
    machines = [Machine(replica: replica, identities: identities)]
  }

  private func path() -> String {
    folder.url.appending(path: "\(machines.count)-\(UUID().uuidString).stet").path
  }

  /// A machine with a copy of another one's file and keys that does not know that it is one.
  @discardableResult
  func twin(of machine: Machine) throws -> Machine {
    let identities = MemoryIdentities(copying: machine.identities)
    let path = path()
    for suffix in ["", "-wal"] {
      let source = machine.replica.path + suffix
      guard FileManager.default.fileExists(atPath: source) else { continue }
      try FileManager.default.copyItem(atPath: source, toPath: path + suffix)
    }
    let store = try machine.replica.storeID()
    if let mark = identities.mark(of: store) {
      identities.set(
        Mark(machine: nil, path: path, position: mark.position, check: mark.check),
        of: store
      )
    }
    let replica = try Replica.open(
      path,
      environment: world.environment(named: "anna", identities: identities)
    )
    let twin = Machine(replica: replica, identities: identities)
    machines.append(twin)
    return twin
  }

  func sync(_ machine: Machine) throws { try sync(machine, with: hub) }

  /// As a client does: once more when one side's log is not what the other believed.
  private func sync(_ machine: Machine, with store: any LogStore) throws {
    for _ in 0..<3 {
      let result = try world.sync(machine.replica, with: store)
      if let failure = result.failures.first, failure.code != .gap, failure.code != .fork {
        throw failure
      }
      if result.dialler?.verdict == .equal { return }
    }
    throw PeerFailure.lost
  }

  func step() throws {
    let machine = machines[Int.random(in: 0..<machines.count, using: &random)]
    switch Int.random(in: 0..<10, using: &random) {
    case 0 where machines.count < 5: try twin(of: machine)
    case 1 where machines.count < 5:
      let identities = MemoryIdentities { [world] in world.random.bytes(32) }
      let replica = try Replica.createForCloning(
        at: path(),
        from: "memory",
        environment: world.environment(named: "bert", identities: identities)
      )
      let clone = Machine(replica: replica, identities: identities)
      _ = try world.sync(replica, with: machine.replica)
      machines.append(clone)
    case 0...2: try sync(machine)
    case 3, 4:
      let other = machines[Int.random(in: 0..<machines.count, using: &random)]
      if other.replica !== machine.replica { try sync(machine, with: other.replica) }
    default: try edit(machine.replica)
    }
  }

  private func edit(_ replica: Replica) throws {
    let known = try replica.articles().map(\.id)
    guard let article = known.randomElement(using: &random), Bool.random(using: &random) else {
      let number = Int.random(in: 0..<1000, using: &random)
      acknowledged.append(try replica.write { try $0.importArticle("\(number)", headline: "h") })
      return
    }
    let number = Int.random(in: 0..<100, using: &random)
    try replica.write { writer in
      switch number % 3 {
      case 0: _ = try writer.tag(article, adding: ["t\(number % 9)"], removing: ["t\(number % 7)"])
      case 1: _ = try writer.correct(article, [(.headline, "h\(number)")])
      default: _ = try writer.edit(article, to: "one \(number)\n\ntwo\n\nthree")
      }
    }
  }

  func settle() throws {
    for _ in 0..<3 {
      for machine in machines { try sync(machine) }
    }
  }
}

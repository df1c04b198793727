import ArchiveModel
import ChangeLog
import HubStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct ReplicaSyncTests {
  private let world = TestWorld()

  private func hub() throws -> MemoryHubArchive {
    let random = world.random
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    return try storage.archive(named: "desk")
  }

  @Test func `an empty hub becomes the archive of the first that syncs into it`() throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    #expect(try world.sync(anna, with: hub).dialler?.verdict == .equal)
    #expect(try hub.frontier() == anna.frontier())
    let stranger = try world.replica(named: "other")
    #expect(try world.sync(stranger, with: hub).failures.first?.code == .wrongArchive)
  }

  @Test func `nothing to do takes one round trip`() throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    _ = try world.sync(anna, with: hub)
    let tally = try #require(try world.sync(anna, with: hub).dialler?.tally)
    #expect(tally.roundTrips == 1)
    #expect(tally.packsSent + tally.packsReceived == 0)
  }

  @Test func `a connection that breaks anywhere goes on where it broke`() throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    for number in 0..<12 {
      try anna.write { _ = try $0.importArticle("\(number)", headline: "h\(number)") }
    }
    let genesis = try #require(try anna.genesis())
    var arrived: UInt64 = 0
    var verdict: SessionOutcome.Verdict?
    while verdict != .equal {
      let result = SessionPair(
        dialler: anna,
        answerer: hub,
        clock: world.clock,
        packsUntilBreak: 2
      ).run(archive: .id(genesis.archive, name: genesis.name))
      verdict = result.dialler?.verdict
      // Every session gets further: what is durable is not sent again.
      let end = try hub.view(of: nil, knowing: nil, writing: nil).end.position
      try #require(end > arrived)
      arrived = end
    }
    #expect(try hub.frontier() == anna.frontier())
  }

  @Test func `a change beyond the hub's knowledge arrives however lanes lie in buckets`() throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    _ = try world.sync(anna, with: hub)
    let others = try (0..<30).map { try world.clone(of: anna, named: "r\($0)") }
    for (number, other) in others.enumerated() {
      try other.write { _ = try $0.importArticle("o\(number)", headline: "h") }
      #expect(try world.sync(other, with: hub).dialler?.verdict == .equal)
    }
    #expect(try world.sync(anna, with: hub).dialler?.verdict == .equal)
    // First contact of two replicas that differ in one lane: only that lane goes over.
    try others[29].write { _ = try $0.importArticle("late", headline: "h") }
    _ = try world.sync(others[29], with: hub)
    let result = try world.sync(anna, with: others[29])
    #expect(result.dialler?.verdict == .equal)
    #expect((result.dialler?.tally.packsReceived ?? 0) <= 3)
    #expect(try anna.frontier() == hub.frontier())
  }

  @Test func `first contact of stores with more lanes than one message may name is a sync too`()
    throws
  {
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    let others = try ["bert", "carl"].map { try world.clone(of: anna, named: $0) }
    for (number, other) in (others + others).enumerated() {
      try other.write { _ = try $0.importArticle("o\(number)", headline: "h") }
      _ = try world.sync(other, with: anna)
    }
    // These two have never met, and each has what the other lacks: two buckets differ.
    for other in others { try other.write { _ = try $0.importArticle("late", headline: "h") } }
    let genesis = try #require(try anna.genesis())
    var limits = SyncLimits()
    limits.headCountLimit = 1
    for other in others { try other.prepareToSync() }
    let result = SessionPair(
      dialler: others[0],
      answerer: others[1],
      clock: world.clock,
      limits: limits
    ).run(archive: .id(genesis.archive, name: genesis.name))
    #expect(result.failures.isEmpty)
    #expect(result.dialler?.verdict == .equal)
    #expect(try others[0].frontier() == others[1].frontier())
    #expect(try others[0].frontier().heads.count == 3)
  }

  @Test(arguments: [
    (packs: 2, bytes: Int.max, transactions: [1, 2, 2, 2]),
    // One pack may exceed the bytes.
    (packs: 48, bytes: 1, transactions: [1, 1, 1, 1, 1, 1, 1]),
    (packs: 48, bytes: Int.max, transactions: [1, 6]),
  ])
  func `a backlog goes to the store in bounded transactions, in order`(
    packs packLimit: Int,
    bytes byteLimit: Int,
    transactions expected: [Int]
  ) throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    for number in 0..<6 { try anna.write { _ = try $0.importArticle("\(number)", headline: "h") } }
    _ = try world.sync(anna, with: hub)
    let genesis = try #require(try anna.genesis())
    let view = try Replica.createForCloning(
      at: nil,
      from: "memory",
      environment: world.environment(named: "bert")
    ).view(of: nil, knowing: nil, writing: nil)
    var limits = SyncLimits()
    limits.appendPackLimit = packLimit
    limits.appendByteLimit = byteLimit
    var session = SyncSession.dialling(DialRequest(archive: .name("desk"), limits: limits))
    _ = session.handle(.opened(view, time: 0))
    let welcome = Welcome(
      version: 1,
      codecs: [0, 1],
      archive: genesis.archive,
      time: 0,
      end: try hub.view(of: nil, knowing: nil, writing: nil).end,
      known: nil,
      frontier: try hub.frontier().digest,
      lane: nil,
      isStreaming: false
    )
    _ = session.handle(.received(.welcome(welcome)))
    _ = session.handle(.viewed(view, time: 0))
    _ = session.handle(.received(.birth(genesis: genesis.bytes)))
    let packs = try hub.everyPack()
    var effects = packs.flatMap { session.handle(.received(.pack($0))) }
    var transactions: [[UInt64]] = []
    while let append = effects.compactMap(\.appendedPositions).first {
      transactions.append(append)
      effects = session.handle(
        .stored(position: append[append.count - 1], AppendReceipt(newChangeCount: 1))
      )
    }
    #expect(transactions.flatMap(\.self) == packs.map(\.position))
    #expect(transactions.map(\.count) == expected)
  }

  @Test func `acknowledged packs are in the store when the acknowledgement leaves`() throws {
    let hub = try hub()
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    _ = try world.sync(anna, with: hub)
    let bert = try Replica.createForCloning(
      at: nil,
      from: "memory",
      environment: world.environment(named: "bert")
    )
    let view = try bert.view(of: nil, knowing: nil, writing: nil)
    var session = SyncSession.dialling(
      DialRequest(archive: .name("desk"), limits: SyncLimits())
    )
    _ = session.handle(.opened(view, time: 0))
    // Until the store has answered, no effect says that anything is durable.
    let genesis = try #require(try anna.genesis())
    let welcome = Welcome(
      version: 1,
      codecs: [0, 1],
      archive: genesis.archive,
      time: 0,
      end: try hub.view(of: nil, knowing: nil, writing: nil).end,
      known: nil,
      frontier: try hub.frontier().digest,
      lane: nil,
      isStreaming: false
    )
    var effects = session.handle(.received(.welcome(welcome)))
    effects += session.handle(.viewed(view, time: 0))
    effects += session.handle(.received(.birth(genesis: genesis.bytes)))
    let packs = try hub.everyPack()
    for pack in packs { effects += session.handle(.received(.pack(pack))) }
    #expect(!effects.contains { if case .send(.acknowledgement) = $0 { true } else { false } })
    let stored = session.handle(
      .stored(position: packs[0].position, AppendReceipt(newChangeCount: 1))
    )
    #expect(stored.contains { if case .send(.acknowledgement) = $0 { true } else { false } })
  }
}

extension SessionEffect {
  /// The positions of the packs that are to be appended.
  fileprivate var appendedPositions: [UInt64]? {
    if case .append(let packs, _) = self { packs.map(\.position) } else { nil }
  }
}

import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// Changes whose payload this version cannot read, as a newer program may write them.
///
/// Each is kept as a whole, and has no effect.
@Suite struct UnreadableChangeTests {
  struct Payload: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Where its header counts one operation.
    let bytes: @Sendable (_ article: ObjectID) -> [UInt8]

    /// A payload that sets a headline, so many times.
    ///
    /// - `nameCount`: of each operation.
    static func headline(of object: [UInt8], times: Int = 1, nameCount: Int = 0) -> [UInt8] {
      var operation = WireOperation()
      operation.field = ArticleField.headline.rawValue
      operation.kind = ChangeLog.Operation.Kind.write.rawValue
      operation.names = Array(repeating: WireDotReference(), count: nameCount)
      operation.body = RegisterValue.body("not to be read").data
      var payload = WireChangePayload()
      payload.salt = [UInt8](repeating: 1, count: 16).data
      payload.objectType = ObjectType.article.rawValue
      payload.object = object.data
      payload.operations = Array(repeating: operation, count: times)
      return payload.encoded
    }
  }

  static let payloads = [
    Payload(testDescription: "nothing") { _ in [] },
    Payload(testDescription: "no message") { _ in [UInt8](repeating: 0xFF, count: 40) },
    // Field 5, a byte long.
    Payload(testDescription: "a reason that is no text") {
      Payload.headline(of: $0.bytes) + [0x2A, 1, 0xFF]
    },
    Payload(testDescription: "an object id of 17 bytes") { Payload.headline(of: $0.bytes + [0]) },
    Payload(testDescription: "an operation too many") {
      Payload.headline(of: $0.bytes, times: 2)
    },
    Payload(testDescription: "an operation too few") { Payload.headline(of: $0.bytes, times: 0) },
    Payload(testDescription: "a name too many") {
      Payload.headline(of: $0.bytes, nameCount: FormatLimits.nameCountLimit + 1)
    },
  ]

  /// An archive with an article, and a lane in which a change cannot be read.
  private struct Desk {
    let world = TestWorld()
    let anna: Replica
    let article: ObjectID
    let lane: LaneID
    /// The lane's beginning, what cannot be read, and a tag on the article.
    let packs: [PackDelivery]

    init(_ payload: Payload) throws {
      anna = try world.replica(named: "anna")
      article = try anna.write {
        try $0.importArticle("1", headline: "plain", body: "one two")
      }
      var writer = try HandWriter(for: anna, world)
      lane = writer.lane.lane
      let unreadable = payload.bytes(article)
      packs = [
        try writer.certify(by: world.key()),
        try writer.write(payload: unreadable, operationCount: 1),
        try writer.write([.tag("later")], on: article),
      ]
    }
  }

  @Test(arguments: payloads)
  func `it is kept and counted, has no effect, and what follows has`(_ payload: Payload) throws {
    let desk = try Desk(payload)
    let anna = desk.anna
    _ = try anna.append([desk.packs[0]], from: HandWriter.store)
    let (digest, end) = (try anna.digest(), try anna.endPosition())
    #expect(try anna.status().unreadable == 0)
    _ = try anna.append([desk.packs[1]], from: HandWriter.store)
    #expect(try anna.endPosition() == end + 1)
    #expect(try anna.frontier().heads[desk.lane]?.seq == 2)
    #expect(try anna.status().unreadable == 1)
    #expect(try anna.digest() == digest)
    _ = try anna.append([desk.packs[2]], from: HandWriter.store)
    #expect(try anna.frontier().heads[desk.lane]?.seq == 3)
    #expect(try anna.status().unreadable == 1)
    #expect(try anna.articles().map(\.tags) == [["later"]])
    #expect(try anna.digest() != digest)
  }

  @Test(arguments: payloads)
  func `whatever is asked of the archive passes over it`(_ payload: Payload) throws {
    let desk = try Desk(payload)
    let anna = desk.anna
    _ = try anna.append(desk.packs, from: HandWriter.store)
    #expect(try anna.articles().map(\.headline) == ["plain"])
    #expect(try anna.headline(of: desk.article) == "plain")
    #expect(try anna.history(of: desk.article).map(\.change.seq) == [2, 3])
    #expect(try anna.actions(limit: 10).map(\.action.seq) == [3, 1, 2, 1])
    #expect(try anna.blame(of: desk.article).blocks.map(\.text) == ["one two"])
    #expect(try anna.profiles().count == 2)
    #expect(try anna.openReviews().isEmpty)
    #expect(try anna.catchUpSearch().unreadCount == 0)
    #expect(try anna.search("later", limit: 5).hits.map(\.article.id) == [desk.article])
    #expect(try anna.search("read", limit: 5).hits.isEmpty)
    // And there is nothing of it to be undone.
    #expect(throws: ReplicaFailure.self) {
      try anna.write { try $0.undo(ChangeID(lane: desk.lane, seq: 2)) }
    }
  }

  @Test(arguments: payloads)
  func `it is passed on as it came, from one to the next`(_ payload: Payload) throws {
    let desk = try Desk(payload)
    let anna = desk.anna
    _ = try anna.append(desk.packs, from: HandWriter.store)
    let packs = try anna.everyPack().map(\.pack)
    #expect(packs.contains(desk.packs[1].pack))
    let bert = try desk.world.clone(of: anna, named: "bert")
    let carla = try desk.world.clone(of: bert, named: "carla")
    for replica in [bert, carla] {
      #expect(try replica.everyPack().map(\.pack) == packs)
      #expect(try replica.frontier() == anna.frontier())
      #expect(try replica.digest() == anna.digest())
      #expect(try replica.status().unreadable == 1)
    }
  }

  @Test(arguments: payloads)
  func `the archive is the same in whatever order it came`(_ payload: Payload) throws {
    let desk = try Desk(payload)
    var other = try HandWriter(for: desk.anna, desk.world)
    let others = [
      try other.certify(by: desk.world.key()), try other.write(desk.article),
      try other.write([.tag("meanwhile")], on: desk.article),
    ]
    let packs = desk.packs
    var digests: Set<Hash> = []
    var frontiers: Set<Frontier> = []
    let mixed = [others[0], packs[0], packs[1], others[1], packs[2], others[2]]
    for order in [packs + others, others + packs, mixed] {
      for groups in [[order], order.map { [$0] }] {
        let replica = try desk.world.clone(of: desk.anna, named: "bert")
        for group in groups { _ = try replica.append(group, from: HandWriter.store) }
        #expect(try replica.status().unreadable == 1)
        digests.insert(try replica.digest())
        frontiers.insert(try replica.frontier())
      }
    }
    #expect(digests.count == 1)
    #expect(frontiers.count == 1)
  }

  @Test(arguments: payloads)
  func `a rebuild passes over it too, and nothing of the file is damaged`(
    _ payload: Payload
  ) throws {
    let desk = try Desk(payload)
    _ = try desk.anna.append(desk.packs, from: HandWriter.store)
    let folder = TemporaryFolder()
    let path = folder.url.appending(path: "desk.stet").path
    let bert = try Replica.createForCloning(
      at: path,
      from: "memory",
      environment: desk.world.environment(named: "bert")
    )
    _ = try desk.world.sync(bert, with: desk.anna)
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
    let rows = try DerivedState.dump(bert)
    try bert.rebuild()
    #expect(try DerivedState.dump(bert) == rows)
    #expect(try bert.status().unreadable == 1)
    #expect(try bert.digest() == desk.anna.digest())
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
  }
}

extension ChangeLog.Operation {
  /// Adds a tag to an article.
  static func tag(_ text: String) -> ChangeLog.Operation {
    ChangeLog.Operation(field: ArticleField.tags.rawValue, kind: .add, body: Array(text.utf8))
  }
}

import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// Operations of newer programs, in changes that this version can read.
@Suite struct NewerOperationTests {
  /// Field 1000, of 3 bytes.
  private static let unknownField: [UInt8] = [0xC2, 0x3E, 3, 1, 2, 3]
  private static let unknownKind = ChangeLog.Operation(
    field: ArticleField.tags.rawValue,
    rawKind: 99,
    names: [],
    body: Array("second".utf8)
  )

  private let world = TestWorld()
  private let anna: Replica
  private let article: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
  }

  /// A replica to which it all came by sync is like this one, and so is either after a rebuild.
  private func expectTheSameElsewhere() throws {
    let bert = try world.clone(of: anna, named: "bert")
    let digest = try anna.digest()
    #expect(try bert.everyPack().map(\.pack) == anna.everyPack().map(\.pack))
    for replica in [anna, bert] {
      #expect(try replica.digest() == digest)
      #expect(try replica.status().unreadable == anna.status().unreadable)
      let rows = try DerivedState.dump(replica)
      try replica.rebuild()
      #expect(try DerivedState.dump(replica) == rows)
      #expect(try replica.digest() == digest)
    }
  }

  @Test func `an operation of an unknown kind keeps its number, and those beside it act`() throws {
    let change = try anna.write {
      try $0.append([.tag("first"), Self.unknownKind, .tag("third")], on: article, as: .edit)
    }
    #expect(try anna.articles().map(\.tags) == [["first", "third"]])
    #expect(try anna.status().unreadable == 1)
    let removal = ChangeLog.Operation(
      field: ArticleField.tags.rawValue,
      kind: .remove,
      names: (1...2).map { Dot(lane: change.lane, seq: change.seq, index: $0) }
    )
    try anna.write { _ = try $0.append([removal], on: article, as: .edit) }
    #expect(try anna.articles().map(\.tags) == [["first"]])
    #expect(
      try anna.history(of: article).map(\.operations).dropFirst().first == [
        "added the tag \"first\"", "needs a newer stet", "added the tag \"third\"",
      ]
    )
    try expectTheSameElsewhere()
  }

  @Test func `an object on which nothing has had an effect is in the digest, and in no list`()
    throws
  {
    let before = try anna.digest()
    try anna.write { writer in
      for type in [ObjectType.article, .annotation, .collection] {
        try writer.append([Self.unknownKind], on: writer.makeObject(type), as: .edit)
      }
    }
    #expect(try anna.digest() != before)
    #expect(try anna.articles().map(\.id) == [article])
    #expect(try anna.collections().isEmpty)
    #expect(try anna.openReviews().isEmpty)
    #expect(try anna.catchUpSearch().unreadCount == 0)
    try expectTheSameElsewhere()
  }

  /// Types of objects, 77 a newer one's; no type has the fields below.
  @Test(arguments: [1, 2, 3, 4, 5, 77] as [UInt32])
  func `an unknown field merges by the kinds of its operations`(type: UInt32) throws {
    let object = try #require(
      ObjectID(type: type, bytes: world.random.bytes(ObjectID.byteCount))
    )
    let (register, set, text): (UInt32, UInt32, UInt32) = (901, 902, 903)
    let bert = try world.clone(of: anna, named: "bert")
    for (replica, value) in [(anna, 1), (bert, 2)] as [(Replica, UInt8)] {
      let hunk = Hunk(position: 0, deleteCount: 0, insert: "written by \(value)")
      let operations = [
        ChangeLog.Operation(field: register, kind: .write, body: [value]),
        ChangeLog.Operation(field: set, kind: .add, body: [value]),
        ChangeLog.Operation(field: text, kind: .edit, body: TextEditBody.body([hunk])),
      ]
      try replica.write { _ = try $0.append(operations, on: object, as: .edit) }
    }
    _ = try world.sync(anna, with: bert)
    #expect(try anna.digest() == bert.digest())
    for replica in [anna, bert] {
      let state = try #require(try replica.write { try $0.state(of: object) })
      #expect(state.entries(of: register).map(\.value).sorted { $0[0] < $1[0] } == [[1], [2]])
      #expect(state.entries(of: set).map(\.value).sorted { $0[0] < $1[0] } == [[1], [2]])
      let content = try #require(state.text(TextID(field: text))?.content)
      #expect(content.contains("written by 1") && content.contains("written by 2"))
      #expect(state.text(TextID(field: text))?.heads.count == 2)
      // The register, and the passage where both wrote.
      #expect(try replica.openReviews().map(\.object) == [object, object])
    }
    #expect(try anna.openReviews().map(\.item.id) == bert.openReviews().map(\.item.id))
    try anna.write { writer in
      let state = try #require(try writer.state(of: object))
      let settled = ChangeLog.Operation(
        field: register,
        kind: .write,
        names: state.entries(of: register).map(\.dot),
        body: [3]
      )
      let removal = ChangeLog.Operation(
        field: set,
        kind: .remove,
        names: [state.entries(of: set)[0].dot]
      )
      try writer.append([settled, removal], on: object, as: .edit)
    }
    let state = try #require(try anna.write { try $0.state(of: object) })
    #expect(state.entries(of: register).map(\.value) == [[3]])
    #expect(state.entries(of: set).count == 1)
    try anna.write { try $0.deleteEverything(of: object) }
    let isLive = try anna.write { try $0.state(of: object)?.isLive }
    #expect(isLive == false)
    #expect(try anna.articles().map(\.id) == [article])
    try expectTheSameElsewhere()
  }

  @Test func `what else a newer program says in a change is passed over, and passed on`() throws {
    var operation = WireOperation()
    operation.field = ArticleField.tags.rawValue
    operation.kind = ChangeLog.Operation.Kind.add.rawValue
    operation.body = Array("later".utf8).data
    let operationBytes = operation.encoded + Self.unknownField
    var payload = WireChangePayload()
    payload.salt = [UInt8](repeating: 1, count: 16).data
    payload.objectType = article.type
    payload.object = article.bytes.data
    // Field 4, below 128 bytes.
    let bytes =
      payload.encoded + [0x22, UInt8(operationBytes.count)] + operationBytes + Self.unknownField
    var newer = try HandWriter(for: anna, world)
    let packs = [
      try newer.certify(by: world.key()), try newer.write(payload: bytes, operationCount: 1),
    ]
    _ = try anna.append(packs, from: HandWriter.store)
    #expect(try anna.articles().map(\.tags) == [["later"]])
    #expect(try anna.status().unreadable == 0)
    #expect(try anna.everyPack().last?.pack == packs[1].pack)
    try expectTheSameElsewhere()
  }
}

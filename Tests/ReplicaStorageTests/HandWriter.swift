import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import SyncProtocol
import Testing

/// Writes under a key by hand, a change a pack; a copy goes on in another way.
struct HandWriter {
  /// Whom the packs come from.
  static let store: StoreID = {
    guard let store = StoreID([UInt8](repeating: 9, count: StoreID.byteCount)) else {
      preconditionFailure("a store id has as many bytes")
    }
    return store
  }()

  private(set) var lane: LaneWriter
  private let key: PrivateKey
  private let world: TestWorld

  init(for replica: Replica, _ world: TestWorld) throws {
    self.world = world
    key = try world.key()
    let archive = try #require(try replica.genesis()).archive
    lane = LaneWriter(archive: archive, key: key, head: nil)
  }

  /// The branch that begins with the newest change.
  var branch: LaneID { LaneID(branchOf: key.publicKey, first: lane.hash) }

  /// Takes two ways of a fork into a replica's log.
  static func fork(in replica: Replica, _ world: TestWorld) throws {
    var writer = try HandWriter(for: replica, world)
    let common = [try writer.certify(by: world.key()), try writer.write(world.articleID())]
    var twin = writer
    let ways = [try writer.write(world.articleID()), try twin.write(world.articleID())]
    _ = try replica.append(common + ways, from: store)
  }

  mutating func certify(by member: PrivateKey) throws -> PackDelivery {
    let certification = try Certification(of: key.publicKey, by: member, in: lane.archive)
    return try pack(
      ChangeDraft(
        object: .profile(of: member.publicKey),
        changeClass: .identity,
        operations: [certification.operation],
        time: 1
      )
    )
  }

  /// - `action`: the one that the change continues; `nil`: it begins one.
  mutating func write(_ article: ObjectID, action: UInt64? = nil) throws -> PackDelivery {
    try pack(
      ChangeDraft(
        object: article,
        changeClass: .edit,
        operations: [
          ChangeLog.Operation(
            field: ArticleField.headline.rawValue,
            kind: .write,
            body: RegisterValue.body("h")
          )
        ],
        time: 1,
        action: action
      )
    )
  }

  /// - `time`: by the author's clock, ms.
  mutating func write(
    _ operations: [ChangeLog.Operation],
    on object: ObjectID,
    time: Int64 = 1
  ) throws -> PackDelivery {
    try pack(
      ChangeDraft(object: object, changeClass: .edit, operations: operations, time: time)
    )
  }

  /// Writes a change whose payload is these bytes, whatever they say, rightly chained and signed.
  ///
  /// - `operationCount`: as its header says.
  mutating func write(payload: [UInt8], operationCount: Int) throws -> PackDelivery {
    var header = WireChangeHeader()
    header.seq = lane.seq + 1
    header.time = 1
    header.class = ChangeHeader.Class.edit.rawValue
    header.action = header.seq
    header.operationCount = UInt32(operationCount)
    var run = WireHeaderRun()
    run.lane = lane.lane.bytes.data
    run.firstSeq = header.seq
    run.previous = lane.hash.prefix.data
    run.headers = [header.encoded.data]
    let head = LaneHead(
      seq: header.seq,
      hash: Hash(of: lane.hash.bytes, Hash(of: header.encoded).bytes, Hash(of: payload).bytes)
    )
    run.signature = try lane.signature(of: head).data
    lane = LaneWriter(archive: lane.archive, key: key, head: head)
    var headers = WireHeaderSection()
    headers.runs = [run]
    var payloads = WirePayloadSection()
    payloads.runs = [WirePayloadRun()]
    payloads.runs[0].payloads = [payload.data]
    var pack = WirePack()
    pack.format = 1
    pack.headers = WireSection(uncompressed: headers.encoded)
    pack.payloads = WireSection(uncompressed: payloads.encoded)
    return delivery(of: pack.encoded)
  }

  private func delivery(of pack: [UInt8]) -> PackDelivery {
    PackDelivery(
      pack: pack,
      position: lane.seq,
      check: [UInt8](repeating: 0, count: Hash.prefixByteCount)
    )
  }

  private mutating func pack(_ draft: ChangeDraft) throws -> PackDelivery {
    var pack = PackDraft(after: lane)
    pack.append(try lane.write(draft, salt: world.random.bytes(16)) { throw LogFailure.gap($0) })
    let head = LaneHead(seq: lane.seq, hash: lane.hash)
    return delivery(of: try pack.sealed(signature: lane.signature(of: head), level: 6))
  }
}

extension WireSection {
  fileprivate init(uncompressed bytes: [UInt8]) {
    self.init()
    rawSize = UInt32(bytes.count)
    checksum = Deflate.checksum(bytes)
    data = bytes.data
  }
}

extension TestWorld {
  func key() throws -> PrivateKey {
    try #require(PrivateKey(seed: random.bytes(32)))
  }

  func articleID() throws -> ObjectID {
    try #require(
      ObjectID(type: ObjectType.article.rawValue, bytes: random.bytes(ObjectID.byteCount))
    )
  }
}

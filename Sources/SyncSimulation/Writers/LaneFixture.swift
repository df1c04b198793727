package import CRDT
package import ChangeLog

/// A lane and the key that writes it.
///
/// A value: a copy goes on as the original would, change for change.
package struct LaneFixture: Sendable {
  private let key: PrivateKey
  private var writer: LaneWriter
  private let certification: Certification
  private var random: SeededRandom
  /// The author's clock, ms.
  private var time: Int64 = 1_500_000_000_000

  package var id: LaneID { writer.lane }

  /// A lane without changes, certified by a member.
  package init(archive: ArchiveID, member: PrivateKey, seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    key = PrivateKey(drawnFrom: &random)
    writer = LaneWriter(archive: archive, key: key, head: nil)
    certification = try Certification(of: key.publicKey, by: member, in: archive)
  }

  /// Writes other contents from here on than a copy of this lane would: the makings of a fork.
  package mutating func diverge() { random = SeededRandom(seed: ~random.next()) }

  /// Writes the next changes and seals them into a pack.
  ///
  /// They name the newest change of each pack in `named`; a lane's certification names none.
  package mutating func pack(
    _ changeCount: Int = 1,
    naming named: [PackFixture] = []
  ) throws
    -> PackFixture
  {
    try pack(changeCount, naming: named) { try $0.signature(of: $1) }
  }

  /// A pack like the next one, but signed by another key.
  package func forgedPack() throws -> PackFixture {
    var random = random
    let stranger = PrivateKey(drawnFrom: &random)
    var copy = self
    return try copy.pack(1, naming: []) { writer, head in
      try stranger.signature(
        of: .head(archive: writer.archive, lane: writer.lane, seq: head.seq, hash: head.hash)
      )
    }
  }

  /// The lane of the branch that begins with a pack's first change.
  package func branch(beginningWith pack: PackFixture) -> LaneID {
    LaneID(branchOf: key.publicKey, first: pack.changes[0].hash)
  }

  /// A pack like the next one, but its run says that it is of another lane, and is signed as such.
  package func pack(of lane: LaneID) throws -> PackFixture {
    var copy = self
    return try copy.pack(1, naming: []) { writer, head in
      try key.signature(
        of: .head(archive: writer.archive, lane: lane, seq: head.seq, hash: head.hash)
      )
    }.naming(lane)
  }

  private mutating func pack(
    _ changeCount: Int,
    naming named: [PackFixture],
    signedBy sign: (LaneWriter, LaneHead) throws -> [UInt8]
  ) throws -> PackFixture {
    var draft = PackDraft(after: writer)
    for _ in 0..<changeCount {
      let change = try writer.write(nextDraft(naming: named), salt: random.bytes(16)) { id in
        guard let hash = named.compactMap({ $0.hash(of: id) }).first else {
          throw LogFailure.gap(id)
        }
        return hash
      }
      draft.append(change)
    }
    guard let head = draft.head else { preconditionFailure("a pack has changes") }
    return PackFixture(
      bytes: try draft.sealed(signature: sign(writer, head), level: 6),
      changes: draft.changes
    )
  }

  private mutating func nextDraft(naming named: [PackFixture]) -> ChangeDraft {
    time += 1
    guard writer.seq > 0 else {
      return ChangeDraft(
        object: .profile(of: certification.member),
        changeClass: .identity,
        operations: [certification.operation],
        time: time
      )
    }
    guard let article = ObjectID(type: 1, bytes: random.bytes(ObjectID.byteCount)) else {
      preconditionFailure("an object id has as many bytes")
    }
    let names = named.map { Dot(lane: $0.last.lane, seq: $0.last.seq, index: 0) }
    let body = random.bytes(Int.random(in: 0...60, using: &random))
    return ChangeDraft(
      object: article,
      changeClass: .edit,
      operations: [Operation(field: 3, kind: .write, names: names, body: body)],
      time: time
    )
  }
}

import CRDT
import ChangeLog

/// Somebody who writes a lane; keys and salts follow from the number.
struct TestAuthor {
  let archive: ArchiveID
  let member: PrivateKey
  let key: PrivateKey
  private(set) var writer: LaneWriter

  init(_ number: UInt8, in archive: ArchiveID = .test) throws {
    self.archive = archive
    member = try .test(number &+ 100)
    key = try .test(number)
    writer = LaneWriter(archive: archive, key: key, head: nil)
  }

  var lane: LaneID { writer.lane }

  var certification: ChangeDraft {
    get throws {
      ChangeDraft(
        object: .profile(of: member.publicKey),
        changeClass: .identity,
        operations: [
          try Certification(of: key.publicKey, by: member, in: archive).operation
        ],
        time: 1
      )
    }
  }

  /// Writes changes, the lane's certification before its first, and packs them.
  mutating func pack(
    _ changes: [[Operation]] = [],
    level: Int32 = 6,
    hashOf: (ChangeID) throws -> Hash = { throw LogFailure.gap($0) }
  ) throws -> [UInt8] {
    var draft = PackDraft(after: writer)
    var drafts = try writer.seq == 0 ? [certification] : []
    drafts += changes.map { .edit($0) }
    for change in drafts {
      draft.append(
        try writer.write(
          change,
          salt: Array(repeating: UInt8(writer.seq), count: 16),
          hashOf: hashOf
        )
      )
    }
    let head = LaneHead(seq: writer.seq, hash: writer.hash)
    return try draft.sealed(signature: writer.signature(of: head), level: level)
  }
}

extension ArchiveID {
  static let test = ArchiveID(Hash(of: Array("a test's archive".utf8)))
}

extension PrivateKey {
  struct NoKey: Error {}

  static func test(_ number: UInt8) throws -> PrivateKey {
    guard let key = PrivateKey(seed: Array(repeating: number, count: 32)) else { throw NoKey() }
    return key
  }
}

extension ObjectID {
  static var test: ObjectID {
    guard let object = ObjectID(type: 1, bytes: Array(repeating: 5, count: 16)) else {
      preconditionFailure("16 bytes are an object id")
    }
    return object
  }
}

extension ChangeDraft {
  static func edit(_ operations: [Operation]) -> ChangeDraft {
    ChangeDraft(object: .test, changeClass: .edit, operations: operations, time: 1_500_000_000_000)
  }
}

extension Operation {
  static func write(_ text: String, names: [Dot] = []) -> Operation {
    Operation(field: 10, kind: .write, names: names, body: Array(text.utf8))
  }
}

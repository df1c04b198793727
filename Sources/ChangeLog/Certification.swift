/// A member vouches for a writing key: the first operation of the first change of every lane.
package struct Certification: Hashable, Sendable {
  package let writingKey: PublicKey
  package let member: PublicKey
  package let signature: [UInt8]

  /// Field of a profile that holds the certifications.
  package static let field: UInt32 = 1

  /// Certifies.
  package init(of writingKey: PublicKey, by member: PrivateKey, in archive: ArchiveID) throws {
    self.writingKey = writingKey
    self.member = member.publicKey
    signature = try member.signature(of: .writingKey(archive: archive, key: writingKey))
  }

  /// Reads the body of an operation; `nil` when it is none.
  package init?(_ body: [UInt8]) {
    guard let wire = try? WireCertification(serializedBytes: body),
      let writingKey = PublicKey(wire.writingKey), let member = PublicKey(wire.member)
    else { return nil }
    self.writingKey = writingKey
    self.member = member
    signature = Array(wire.signature)
  }

  /// The certification that a lane begins with.
  ///
  /// - Throws: ``LogFailure/malformed(_:)`` unless the change is of class identity, on the member's
  ///   profile, and its first operation certifies `writingKey` with the member's signature.
  package init(
    beginning change: Change,
    writingKey: PublicKey,
    archive: ArchiveID
  ) throws(LogFailure) {
    let payload = try ChangePayload(of: change)
    guard change.header.changeClass == .identity, let operation = payload.operations.first ?? nil,
      operation.field == Self.field, operation.kind == Operation.Kind.add.rawValue,
      let certification = Certification(operation.body), certification.writingKey == writingKey,
      payload.object == .profile(of: certification.member),
      certification.member.verifies(
        certification.signature,
        of: .writingKey(archive: archive, key: writingKey)
      )
    else { throw .malformed("first change of a lane") }
    self = certification
  }

  package var operation: Operation {
    var wire = WireCertification()
    wire.writingKey = writingKey.data
    wire.member = member.data
    wire.signature = signature.data
    return Operation(field: Self.field, kind: .add, body: wire.encoded)
  }
}

extension ObjectID {
  /// The profile that a member's names and writing keys hang on.
  package static func profile(of member: PublicKey) -> ObjectID {
    let hash = Hash(of: Array("stet/1 member".utf8), member.bytes)
    guard let id = ObjectID(type: 4, bytes: hash.bytes.prefix(byteCount)) else {
      preconditionFailure("a hash is longer than an object id")
    }
    return id
  }
}

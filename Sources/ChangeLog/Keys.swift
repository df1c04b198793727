package import CRDT
internal import Crypto
internal import Foundation

/// The public half of a writing key or member key: Ed25519 (RFC 8032), 32 bytes.
package struct PublicKey: Hashable, Sendable {
  package static let byteCount = 32

  package let bytes: [UInt8]

  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// Whether the signature over the statement is this key's.
  package func verifies(_ signature: [UInt8], of statement: Statement) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
      return false
    }
    return key.isValidSignature(signature, for: statement.bytes)
  }
}

/// The private half of a writing key or member key.
package struct PrivateKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  package let publicKey: PublicKey

  /// The key of a 32-byte seed; `nil` for any other count.
  package init?(seed: some Collection<UInt8>) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(seed)),
      let publicKey = PublicKey(key.publicKey.rawRepresentation)
    else { return nil }
    self.key = key
    self.publicKey = publicKey
  }

  package var seed: [UInt8] { Array(key.rawRepresentation) }

  /// Signs. (Ed25519 needs no randomness; this implementation mixes some in, so two signatures of
  /// one statement may differ, and both hold.)
  ///
  /// - Throws: what the cryptography library throws when it is out of memory.
  package func signature(of statement: Statement) throws -> [UInt8] {
    Array(try key.signature(for: statement.bytes))
  }
}

/// What gets signed.
///
/// The bytes always begin with what the signature is for, so that one can never pass for another.
/// Normative: `Protocol/changes.md`.
package enum Statement: Sendable {
  /// A lane is at this change.
  case head(archive: ArchiveID, lane: LaneID, seq: UInt64, hash: Hash)
  /// A member vouches for a writing key.
  case writingKey(archive: ArchiveID, key: PublicKey)

  package var bytes: [UInt8] {
    switch self {
    case .head(let archive, let lane, let seq, let hash):
      Array("stet/1 head".utf8) + archive.bytes + lane.bytes + seq.bigEndianBytes + hash.bytes
    case .writingKey(let archive, let key):
      Array("stet/1 writing key".utf8) + archive.bytes + key.bytes
    }
  }
}

extension LaneID {
  /// The lane that is written with a key.
  package init(writingKey: PublicKey) {
    guard let lane = LaneID(Hash(of: writingKey.bytes).bytes.prefix(LaneID.byteCount)) else {
      preconditionFailure("a hash is longer than a lane id")
    }
    self = lane
  }
}

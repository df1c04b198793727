package import CRDT
internal import Crypto

/// A SHA-256 value.
package struct Hash: Hashable, Sendable, Comparable {
  package static let byteCount = 32

  package let bytes: [UInt8]

  /// Takes 32 bytes; `nil` for any other count.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// Hashes the parts one after another.
  package init(of parts: [UInt8]...) {
    var hasher = SHA256()
    for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
    bytes = hasher.finalize().withUnsafeBytes { Array($0) }
  }

  /// The first 8 bytes, by which others refer to the hash.
  package var prefix: [UInt8] { Array(bytes.prefix(Self.prefixByteCount)) }

  package static let prefixByteCount = 8

  package static func < (left: Self, right: Self) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// Names an archive: the SHA-256 of its genesis record.
package struct ArchiveID: Hashable, Sendable {
  package let hash: Hash

  package init(_ hash: Hash) { self.hash = hash }

  package init?(_ bytes: some Collection<UInt8>) {
    guard let hash = Hash(bytes) else { return nil }
    self.hash = hash
  }

  package var bytes: [UInt8] { hash.bytes }
}

/// Names a store for as long as its positions mean the same: 16 random bytes.
package struct StoreID: Hashable, Sendable {
  package static let byteCount = 16

  package let bytes: [UInt8]

  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }
}

/// Names an object: its type and 16 bytes.
package struct ObjectID: Hashable, Sendable, Comparable {
  package static let byteCount = 16

  /// 1 article, 2 annotation, 3 collection, 4 profile, 5 archive; others come from newer programs.
  package let type: UInt32
  package let bytes: [UInt8]

  package init?(type: UInt32, bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.type = type
    self.bytes = Array(bytes)
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.type == right.type
      ? left.bytes.lexicographicallyPrecedes(right.bytes) : left.type < right.type
  }
}

/// Names a change for ever.
package struct ChangeID: Hashable, Sendable {
  package let lane: LaneID
  package let seq: UInt64

  package init(lane: LaneID, seq: UInt64) {
    self.lane = lane
    self.seq = seq
  }
}

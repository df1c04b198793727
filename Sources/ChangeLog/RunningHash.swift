internal import Crypto

/// The SHA-256 of bytes that come one after another.
package struct RunningHash: Sendable {
  private var hasher = SHA256()

  package init() {}

  package mutating func append(_ bytes: [UInt8]) { hasher.update(data: bytes) }

  /// The hash of all bytes so far.
  package var hash: Hash {
    guard let hash = Hash(Array(hasher.finalize())) else {
      preconditionFailure("SHA-256 has as many bytes")
    }
    return hash
  }
}

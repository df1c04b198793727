package import CRDT
package import ChangeLog

/// The digest of an archive's state, by which two replicas compare what they show and keep.
///
/// Normative: `Protocol/merge.md`. Covers every live value, not only the shown ones, and nothing
/// that is local:
///
///     object(o) = SHA-256 of its live entries, standing deletions and texts (``digest(of:in:)``)
///     bucket(b) = SHA-256(object(o) of the objects whose id begins with the 12 bits b, ascending)
///     digest    = SHA-256("stet/1 state" ‖ (b, 2 bytes ‖ bucket(b)) of the buckets that are not empty)
package enum StateDigest {
  package static let bucketCount = 4096

  /// The bucket of an object: the first 12 bits of its id.
  package static func bucket(of object: ObjectID) -> Int {
    Int(object.bytes[0]) << 4 | Int(object.bytes[1] >> 4)
  }

  package static func digest(of object: ObjectID, in state: ObjectState) -> Hash {
    var digest = ObjectDigest(of: object)
    digest.append(count: state.entries.count)
    for entry in state.entries { digest.append(entry) }
    digest.append(count: state.deletions.count)
    for deletion in state.deletions { digest.append(deletion) }
    digest.append(count: state.texts.count)
    for text in state.texts { digest.append(text) }
    return digest.finished()
  }

  /// The digest of a bucket from those of its objects, ascending by type and id.
  package static func digest(ofBucket objects: [Hash]) -> Hash {
    Hash(of: objects.flatMap(\.bytes))
  }

  /// The digest of the archive from those of its buckets.
  package static func digest(ofBuckets buckets: [(number: Int, digest: Hash)]) -> Hash {
    var bytes = Array("stet/1 state".utf8)
    for bucket in buckets {
      bytes += [UInt8(bucket.number >> 8), UInt8(bucket.number & 255)] + bucket.digest.bytes
    }
    return Hash(of: bytes)
  }

  /// As people see it: the number of the rules, a colon, 64 hexadecimal digits.
  package static func description(of digest: Hash) -> String {
    "\(FormatLimits.rules):\(digest.bytes.hex)"
  }
}

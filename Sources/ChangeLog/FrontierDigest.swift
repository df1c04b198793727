internal import CRDT

/// ``Frontier/digest`` of heads that come one after another, by ascending lane, as a file holds them.
package struct FrontierDigest {
  private var digest = RunningHash()
  /// The bucket of the newest lane.
  private var bucket: UInt8?
  /// What is hashed of it.
  private var bytes: [UInt8] = []

  package init() { digest.append(Array("stet/1 frontier".utf8)) }

  /// - `lane`: above the one before.
  /// - `hash`: of the lane's newest change.
  package mutating func append(
    lane: UnsafeRawBufferPointer,
    seq: UInt64,
    hash: UnsafeRawBufferPointer
  ) {
    guard let number = lane.first else { return }
    if bucket != number { endBucket() }
    bucket = number
    bytes += lane
    withUnsafeBytes(of: seq.bigEndian) { bytes += $0 }
    bytes += hash
  }

  /// The digest; nothing is appended any more.
  package consuming func finished() -> Hash {
    endBucket()
    return digest.hash
  }

  private mutating func endBucket() {
    guard let bucket else { return }
    digest.append([bucket] + Hash(of: bytes).bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}

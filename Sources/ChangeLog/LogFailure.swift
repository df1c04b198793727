/// Why bytes are not taken into a log.
package enum LogFailure: Error, Hashable, Sendable {
  /// Not what the format says; which part.
  case malformed(String)
  /// Made by a newer format; which part.
  case unsupported(String)
  /// A checksum, chain or signature does not hold; which part.
  case damaged(String)
  /// More than ``FormatLimits`` allow; which part.
  case tooLarge(String)
  /// Something that comes before is missing.
  case gap(ChangeID)
  /// The lane continues in two ways from here.
  case fork(ChangeID)
}

extension LogFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let part): "the \(part) is not in the format"
    case .unsupported(let part): "the \(part) was made by a newer version of stet"
    case .damaged(let part): "the \(part) is damaged or was tampered with"
    case .tooLarge(let part): "the \(part) is larger than the format allows"
    case .gap(let change):
      "change \(change.seq) of lane \(change.lane.bytes.hex) is missing"
    case .fork(let change):
      "lane \(change.lane.bytes.hex) continues in two ways from change \(change.seq): "
        + "two copies of one archive file were edited under the same key"
    }
  }
}

internal import ChangeLog
internal import Foundation

extension [Hash] {
  /// The hashes of a pack's changes, as its row has them.
  ///
  /// - Throws: `LogFailure.damaged` where they do not end with a whole one.
  init(stored bytes: Data) throws(LogFailure) {
    self = []
    reserveCapacity(bytes.count / Hash.byteCount)
    for start in stride(from: 0, to: bytes.count, by: Hash.byteCount) {
      guard let hash = Hash(bytes.dropFirst(start).prefix(Hash.byteCount)) else {
        throw .damaged("log")
      }
      append(hash)
    }
  }
}

internal import CRDT
internal import ChangeLog
internal import Foundation

extension Dot {
  /// A dot as a row has it.
  ///
  /// - Throws: `LogFailure.damaged` where no change can name such a one. Change 0, which is none, can be named.
  init(stored bytes: Data) throws(LogFailure) {
    guard let dot = Dot(bytes), Int64(exactly: dot.seq) != nil else { throw .damaged("state") }
    self = dot
  }
}

extension [Dot] {
  /// Dots as a row has them, one after another.
  ///
  /// - Throws: `LogFailure.damaged` where one is none.
  init(stored bytes: Data) throws(LogFailure) {
    guard bytes.count.isMultiple(of: Dot.byteCount) else { throw .damaged("state") }
    self = []
    reserveCapacity(bytes.count / Dot.byteCount)
    for start in stride(from: 0, to: bytes.count, by: Dot.byteCount) {
      append(try Dot(stored: bytes.dropFirst(start).prefix(Dot.byteCount)))
    }
  }
}

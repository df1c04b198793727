internal import CRDT
internal import ChangeLog
internal import Foundation

extension Dot {
  /// A dot as a row has it.
  ///
  /// - Throws: `LogFailure.damaged` where no change can name such a one. Change 0, which is none, can be named.
  init(stored bytes: Data) throws(LogFailure) {
    guard let dot = Dot(bytes), dot.hasStoredSeq else { throw .damaged("state") }
    self = dot
  }

  /// Whether its change's number is one that rows can have.
  fileprivate var hasStoredSeq: Bool { Int64(exactly: seq) != nil }
}

extension [Dot] {
  /// Dots as a row has them, one after another.
  ///
  /// - Throws: `LogFailure.damaged` where one is none.
  init(stored bytes: Data) throws(LogFailure) {
    guard let dots = [Dot](concatenated: [UInt8](bytes)), dots.allSatisfy(\.hasStoredSeq) else {
      throw .damaged("state")
    }
    self = dots
  }
}

package import ChangeLog

/// A row of `packs`, and where it stands.
package struct PackPlace {
  /// Where it ends.
  package let position: Int64
  package let count: Int64

  /// Beyond any log, and far enough from what a number can be for positions to be added to.
  static let positionLimit = Int64.max / 2

  /// - Throws: `LogFailure.damaged` where no pack can be there.
  package init(position: Int64, count: Int64) throws(LogFailure) {
    guard (1...Int64(FormatLimits.packChangeCountLimit)).contains(count),
      (count...Self.positionLimit).contains(position)
    else { throw .damaged("log") }
    self.position = position
    self.count = count
  }

  /// Where the pack before it ends.
  package var begin: Int64 { position - count }

  /// Whether a run lies inside of the pack, as its row has it: its changes' numbers in their lane, and the
  /// first one's place in the pack, from 0.
  func holds(firstSeq: Int64, lastSeq: Int64, place: Int64) -> Bool {
    firstSeq > 0 && firstSeq <= lastSeq && lastSeq < .max && place >= 0
      && lastSeq - firstSeq < count - place
  }
}

package import ChangeLog

extension UInt64 {
  /// The sequence number of a change, or the first of a lane, as a row has it.
  ///
  /// - Throws: `LogFailure.damaged`, of what `part` names, where no change has such a number.
  package init(storedSeq value: Int64, of part: String) throws(LogFailure) {
    guard value > 0 else { throw .damaged(part) }
    self.init(value)
  }
}

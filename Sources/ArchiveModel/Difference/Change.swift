/// A stretch of an old sequence, and the stretch of the new one that stands in its place.
struct Change: Hashable {
  var old: Range<Int>
  var new: Range<Int>

  var isInsertion: Bool { old.isEmpty }
  var isDeletion: Bool { new.isEmpty }

  /// What stands in both sequences between this change and a later one, as a stretch of the old.
  func island(before next: Change) -> Range<Int> { old.upperBound..<next.old.lowerBound }

  /// This change, a later one and what stands between them as one change.
  func joined(with next: Change) -> Change {
    Change(
      old: old.lowerBound..<next.old.upperBound,
      new: new.lowerBound..<next.new.upperBound
    )
  }

  /// The same change one element further down.
  fileprivate var slid: Change {
    Change(
      old: old.lowerBound + 1..<old.upperBound + 1,
      new: new.lowerBound + 1..<new.upperBound + 1
    )
  }
}

extension Change {
  /// The empty change at the end of two sequences.
  init<Element>(endOf old: [Element], _ new: [Element]) {
    self.init(old: old.count..<old.count, new: new.count..<new.count)
  }
}

extension [Change] {
  /// The changes with every pure insertion and every pure deletion as far down as it goes; those
  /// that come to touch are one.
  ///
  /// An insertion of `x` before another `x` may as well stand behind it, and which of the two a
  /// search for differences finds is chance. Two people who insert at one place agree when both
  /// edits stand at the same end of what is alike. Example: in `a x b`, inserting `x y` before `x`
  /// becomes inserting `y x` behind it.
  ///
  /// Law: the new sequence is still what the changes make of the old one.
  func slidingDown(_ old: [Int], _ new: [Int]) -> [Change] {
    var result: [Change] = []
    for change in reversed() {
      var change = change
      while true {
        let end = result.last?.old.lowerBound ?? old.count
        while change.slides(old, new, end: end) { change = change.slid }
        guard let next = result.last, next.old.lowerBound == change.old.upperBound else { break }
        change = change.joined(with: next)
        result.removeLast()
      }
      result.append(change)
    }
    return result.reversed()
  }
}

extension Change {
  fileprivate func slides(_ oldSequence: [Int], _ newSequence: [Int], end: Int) -> Bool {
    guard old.upperBound < end, old.isEmpty != new.isEmpty else { return false }
    let first = old.isEmpty ? newSequence[new.lowerBound] : oldSequence[old.lowerBound]
    return first == oldSequence[old.upperBound]
  }
}

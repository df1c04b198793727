/// Changes between two texts, found in lines, then in words, then in scalars.
struct ChangeRefinement {
  /// How fine the changes are.
  enum Grain {
    /// Whole words, spaces and other characters.
    case words
    /// Parts of words too, where the words are much alike.
    case scalars
  }

  /// Steps of all searches together, about half a second.
  ///
  /// A search looks ahead as many edits as this allows for texts of their length. Texts of a few
  /// thousand words, as articles are, are searched to the end.
  private static let stepBudget = 1 << 27
  /// What is looked ahead in any case.
  private static let leastCostLimit = 32
  /// Changed scalars that are looked through one by one: a few words.
  ///
  /// What is longer was rewritten, and single letters that happen to match would say nothing.
  private static let scalarLimit = 64
  /// Fewer kept scalars between two changed ones of a word are changed too: `ie` to `ei` is one
  /// change.
  private static let keptScalarLimit = 3
  /// That many words in a row are the same words, not chance.
  private static let sameWordCount = 3
  /// So many words, spaces and other characters in a row are no chance, whatever they are.
  private static let chanceTokenCount = 8

  private let old: [Unicode.Scalar]
  private let new: [Unicode.Scalar]
  private let costLimit: Int

  /// The changes that make `new` of `old`, as ranges of scalars, ascending, not touching.
  static func changes(
    from old: [Unicode.Scalar],
    to new: [Unicode.Scalar],
    grain: Grain
  ) -> [Change] {
    let refinement = Self(
      old: old,
      new: new,
      costLimit: max(leastCostLimit, stepBudget / max(1, old.count + new.count))
    )
    var changes: [Change] = []
    for lines in refinement.lineChanges() {
      for words in refinement.wordChanges(in: lines) {
        let found = grain == .words ? [words] : refinement.scalarChanges(in: words)
        for change in found { changes.appendJoining(change) }
      }
    }
    return changes
  }

  private func lineChanges() -> [Change] {
    var numbers = TextTokens.Numbers()
    let oldLines = TextTokens.lines(old, in: old.indices, &numbers)
    let newLines = TextTokens.lines(new, in: new.indices, &numbers)
    return SequenceDifference.changes(
      from: oldLines.numbers,
      to: newLines.numbers,
      costLimit: costLimit
    ).map {
      Change(
        old: oldLines.scalars($0.old, end: old.count),
        new: newLines.scalars($0.new, end: new.count)
      )
    }
  }

  private func wordChanges(in change: Change) -> [Change] {
    guard !change.isInsertion, !change.isDeletion else { return [change] }
    var numbers = TextTokens.Numbers()
    let oldWords = TextTokens.words(old, in: change.old, &numbers)
    let newWords = TextTokens.words(new, in: change.new, &numbers)
    let changes = SequenceDifference.changes(
      from: oldWords.numbers,
      to: newWords.numbers,
      costLimit: costLimit
    )
    var joined: [Change] = []
    for change in changes {
      var change = change
      while let last = joined.last, isChance(last, change, oldWords, newWords) {
        change = last.joined(with: change)
        joined.removeLast()
      }
      joined.append(change)
    }
    return joined.map {
      Change(
        old: oldWords.scalars($0.old, end: change.old.upperBound),
        new: newWords.scalars($0.new, end: change.new.upperBound)
      )
    }
  }

  /// Whether what stands unchanged between two changes of words says nothing.
  ///
  /// That is spaces and punctuation between replaced words, and one or two words that are shorter
  /// than what was changed on both sides (N. Fraser's semantic cleanup of differences). A line
  /// break always stays.
  private func isChance(
    _ left: Change,
    _ right: Change,
    _ oldWords: TextTokens,
    _ newWords: TextTokens
  ) -> Bool {
    let range = left.island(before: right)
    guard range.count <= Self.chanceTokenCount else { return false }
    let island = oldWords.tokens[range]
    guard !island.contains(where: { $0.kind == .lineBreak }) else { return false }
    let wordCount = island.count { $0.kind == .word }
    if wordCount == 0 {
      return [left, right].allSatisfy { !$0.isInsertion && !$0.isDeletion }
    }
    let count = oldWords.scalars(range, end: old.count).count
    return wordCount < Self.sameWordCount
      && [left, right].allSatisfy { change in
        let removed = oldWords.scalars(change.old, end: old.count).count
        let added = newWords.scalars(change.new, end: new.count).count
        return count <= max(removed, added)
      }
  }

  /// A change of words as changes of their scalars, where at least half of the scalars stay.
  private func scalarChanges(in change: Change) -> [Change] {
    guard !change.isInsertion, !change.isDeletion else { return [change] }
    let room = min(change.old.count, change.new.count)
    let prefix = zip(old[change.old], new[change.new]).prefix { $0 == $1 }.count
    let suffix = zip(old[change.old].reversed(), new[change.new].reversed())
      .prefix(room - prefix).prefix { $0 == $1 }.count
    let middle = Change(
      old: change.old.lowerBound + prefix..<change.old.upperBound - suffix,
      new: change.new.lowerBound + prefix..<change.new.upperBound - suffix
    )
    let found =
      max(middle.old.count, middle.new.count) <= Self.scalarLimit
      ? changesByScalar(in: middle) : [middle]
    let changed = found.reduce(0) { $0 + max($1.old.count, $1.new.count) }
    let isAlike = 2 * changed <= max(change.old.count, change.new.count)
    return isAlike ? found : [change]
  }

  private func changesByScalar(in change: Change) -> [Change] {
    guard !change.isInsertion, !change.isDeletion else { return [change] }
    var numbers = TextTokens.Numbers()
    let changes = SequenceDifference.changes(
      from: change.old.map { numbers.number(of: old[$0...$0]) },
      to: change.new.map { numbers.number(of: new[$0...$0]) },
      costLimit: costLimit
    )
    var joined: [Change] = []
    for next in changes {
      if let last = joined.last, last.island(before: next).count < Self.keptScalarLimit {
        joined[joined.count - 1] = last.joined(with: next)
      } else {
        joined.append(next)
      }
    }
    return joined.map {
      Change(
        old: change.old.lowerBound + $0.old.lowerBound..<change.old.lowerBound + $0.old.upperBound,
        new: change.new.lowerBound + $0.new.lowerBound..<change.new.lowerBound + $0.new.upperBound
      )
    }
  }
}

extension [Change] {
  /// Appends a change, as one with the last where they touch.
  fileprivate mutating func appendJoining(_ change: Change) {
    if let last, last.old.upperBound == change.old.lowerBound {
      self[count - 1] = last.joined(with: change)
    } else {
      append(change)
    }
  }
}

/// Finds what in a text is like a pattern, by edit distance.
///
/// G. Myers, "A Fast Bit-Vector Algorithm for Approximate String Matching Based on Dynamic
/// Programming", Journal of the ACM 1999: a column of the table of distances is held as the
/// differences between its rows, 64 rows in two words. Only the blocks of rows are worked out that
/// can still come to a match (Ukkonen's cut-off, section 4 there).
package struct ApproximateSearch {
  /// A place where the pattern ends, and how many insertions, deletions and replacements of scalars
  /// make the pattern of what stands before it.
  package struct Ending: Hashable {
    package var end: Int
    package var errors: Int

    package init(end: Int, errors: Int) {
      self.end = end
      self.errors = errors
    }
  }

  private static let blockRowCount = 64

  private let patternCount: Int
  private let blockCount: Int
  private let numbers: PatternNumbers
  /// By number of scalar and block: in which rows the pattern has it.
  private let rows: [UInt64]

  /// - `pattern`: not empty.
  package init(_ pattern: [Unicode.Scalar]) {
    patternCount = pattern.count
    blockCount =
      (pattern.count + ApproximateSearch.blockRowCount - 1) / ApproximateSearch.blockRowCount
    numbers = PatternNumbers(pattern)
    var rows = [UInt64](repeating: 0, count: numbers.count * blockCount)
    for (row, scalar) in pattern.enumerated() {
      rows[numbers[scalar] * blockCount + row / ApproximateSearch.blockRowCount] |=
        1 << UInt64(row % ApproximateSearch.blockRowCount)
    }
    self.rows = rows
  }

  /// All places where the pattern ends with at most `errorLimit` errors, ascending, each with the
  /// fewest errors that any beginning gives.
  ///
  /// - `errorLimit`: less than the pattern's count.
  package func endings(in text: [Unicode.Scalar], errorLimit: Int) -> [Ending] {
    var endings: [Ending] = []
    var column = Column(blockCount: blockCount, patternCount: patternCount, errorLimit)
    for place in text.indices {
      let first = numbers[text[place]] * blockCount
      if let errors = column.advance(rows, first) {
        endings.append(Ending(end: place + 1, errors: errors))
      }
    }
    return endings
  }

  /// One column of the table of distances.
  private struct Column {
    private struct Block {
      /// Rows that are one more, and one less, than the row above.
      var plus = ~UInt64(0)
      var minus: UInt64 = 0
      /// The distance in the last row.
      var score: Int

      /// Takes in the next scalar.
      ///
      /// - `rows`: where the pattern has the scalar.
      /// - `carry`: the difference to the column before, above the first row: −1, 0 or 1.
      /// - Returns: the same in the last row.
      mutating func advance(_ rows: UInt64, carry: Int, last: UInt64) -> Int {
        let isLess: UInt64 = carry < 0 ? 1 : 0
        let equal = rows | isLess
        let vertical = rows | minus
        let horizontal = (((equal & plus) &+ plus) ^ plus) | equal
        var more = minus | ~(horizontal | plus)
        var less = plus & horizontal
        let out = (more & last != 0 ? 1 : 0) - (less & last != 0 ? 1 : 0)
        more = more << 1 | (carry > 0 ? 1 : 0)
        less = less << 1 | isLess
        plus = less | ~(vertical | more)
        minus = more & vertical
        score += out
        return out
      }
    }

    private var blocks: [Block]
    /// How many blocks are worked out.
    private var activeCount: Int
    private let patternCount: Int
    private let errorLimit: Int

    init(blockCount: Int, patternCount: Int, _ errorLimit: Int) {
      self.patternCount = patternCount
      self.errorLimit = errorLimit
      activeCount = min(
        blockCount,
        max(1, (errorLimit + ApproximateSearch.blockRowCount - 1) / ApproximateSearch.blockRowCount)
      )
      blocks = (1...blockCount).map {
        Block(score: min($0 * ApproximateSearch.blockRowCount, patternCount))
      }
    }

    private func rowCount(of block: Int) -> Int {
      min(ApproximateSearch.blockRowCount, patternCount - block * ApproximateSearch.blockRowCount)
    }

    private func lastRow(of block: Int) -> UInt64 { 1 << UInt64(rowCount(of: block) - 1) }

    /// Takes in the next scalar; the errors of a match that ends there, if one does.
    ///
    /// - `rows`: from `first` on, by block: where the pattern has the scalar.
    mutating func advance(_ rows: [UInt64], _ first: Int) -> Int? {
      var carry = 0
      for block in 0..<activeCount {
        carry = blocks[block].advance(rows[first + block], carry: carry, last: lastRow(of: block))
      }
      let lowest = blocks[activeCount - 1].score
      if activeCount < blocks.count, lowest - carry <= errorLimit,
        carry < 0 || rows[first + activeCount] & 1 == 1
      {
        // The block below joins in: as the column before would have it, then one step on.
        var block = Block(score: lowest - carry + rowCount(of: activeCount))
        _ = block.advance(
          rows[first + activeCount],
          carry: carry,
          last: lastRow(of: activeCount)
        )
        blocks[activeCount] = block
        activeCount += 1
      } else {
        while activeCount > 1,
          blocks[activeCount - 1].score >= errorLimit + ApproximateSearch.blockRowCount
        {
          activeCount -= 1
        }
      }
      guard activeCount == blocks.count, let score = blocks.last?.score, score <= errorLimit else {
        return nil
      }
      return score
    }
  }
}

/// The scalars of a pattern, numbered from 1; 0 is any other.
private struct PatternNumbers {
  /// Numbers of the scalars below U+0800: Latin, Greek, Cyrillic, Hebrew, Arabic.
  private var low = [Int32](repeating: 0, count: 0x800)
  private var high: [Unicode.Scalar: Int] = [:]
  /// How many numbers there are, 0 included.
  private(set) var count = 1

  init(_ pattern: [Unicode.Scalar]) {
    for scalar in pattern where self[scalar] == 0 {
      if scalar.value < low.count {
        low[Int(scalar.value)] = Int32(count)
      } else {
        high[scalar] = count
      }
      count += 1
    }
  }

  subscript(scalar: Unicode.Scalar) -> Int {
    scalar.value < low.count ? Int(low[Int(scalar.value)]) : high[scalar] ?? 0
  }
}

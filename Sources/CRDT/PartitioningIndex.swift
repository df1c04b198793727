extension RandomAccessCollection where Index == Int {
  /// The first place from which on a condition holds, by binary search; the end if it never does.
  ///
  /// - `isBehind`: holds for no element before one for which it does not.
  package func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

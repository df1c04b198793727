extension Array<UInt8> {
  /// How often a field stands in an encoded message and the messages in it, by a look at their tags.
  ///
  /// *Why*: an element of two bytes becomes a value of a hundred when it is decoded, so what foreign bytes
  /// repeat is counted first.
  ///
  /// - `path`: the numbers of fields: of messages in the outer one, of messages in those, …, and last of
  ///   the one that is counted.
  /// Returns: `nil` where the bytes are no such message (protobuf encoding, without groups).
  package func fieldCount(_ path: UInt64...) -> Int? {
    fieldCount(path[...], in: startIndex..<endIndex)
  }

  private func fieldCount(_ path: ArraySlice<UInt64>, in range: Range<Int>) -> Int? {
    let isLast = path.count == 1
    var count = 0
    var place = range.lowerBound
    while place < range.upperBound {
      guard let tag = varint(at: &place, before: range.upperBound) else { return nil }
      let byteCount: UInt64?
      switch tag & 7 {
      case 0: byteCount = varint(at: &place, before: range.upperBound).map { _ in 0 }
      case 1: byteCount = 8
      case 2: byteCount = varint(at: &place, before: range.upperBound)
      case 5: byteCount = 4
      default: byteCount = nil
      }
      guard let byteCount, byteCount <= UInt64(range.upperBound - place) else { return nil }
      let contents = place..<(place + Int(byteCount))
      place = contents.upperBound
      guard tag >> 3 == path.first else { continue }
      if isLast {
        count += 1
      } else {
        guard tag & 7 == 2, let inner = fieldCount(path.dropFirst(), in: contents) else {
          return nil
        }
        count += inner
      }
    }
    return count
  }

  private func varint(at place: inout Int, before end: Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard place < end else { return nil }
      let byte = self[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

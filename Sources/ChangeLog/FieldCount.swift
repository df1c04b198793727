extension Array<UInt8> {
  /// How often a field stands in an encoded message, by a look at its outermost tags.
  ///
  /// *Why*: an element of two bytes becomes a value of a hundred when it is decoded, so foreign bytes are
  /// counted first.
  ///
  /// - Returns: `nil` where the bytes are no message (protobuf encoding, without groups).
  func fieldCount(_ field: UInt64) -> Int? {
    var count = 0
    var place = startIndex
    while place < endIndex {
      guard let tag = varint(at: &place) else { return nil }
      if tag >> 3 == field { count += 1 }
      let byteCount: UInt64?
      switch tag & 7 {
      case 0: byteCount = varint(at: &place).map { _ in 0 }
      case 1: byteCount = 8
      case 2: byteCount = varint(at: &place)
      case 5: byteCount = 4
      default: byteCount = nil
      }
      guard let byteCount, byteCount <= UInt64(endIndex - place) else { return nil }
      place += Int(byteCount)
    }
    return count
  }

  private func varint(at place: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard place < endIndex else { return nil }
      let byte = self[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

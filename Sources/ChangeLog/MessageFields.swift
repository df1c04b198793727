/// Foreign messages (protobuf encoding) looked at by their tags, before anything of them is decoded.
///
/// *Why*: an element of two bytes becomes a value of a hundred when it is decoded, so what foreign bytes
/// repeat is counted first.
///
/// Whatever a parser takes is gone over here too, unknown groups and known numbers of another kind
/// included; those are not counted, as a parser takes them for fields that it does not know.
extension Array<UInt8> {
  /// What a field holds.
  enum FieldValue {
    case number(UInt64)
    /// A message, bytes or text, by where it lies.
    case contents(Range<Int>)
    /// What nobody counts: fixed numbers and groups.
    case other
  }

  /// How often a field with contents stands in an encoded message and the messages in it.
  ///
  /// - `path`: the numbers of fields: of messages in the outer one, of messages in those, …, and last of
  ///   the one that is counted.
  /// Returns: `nil` where the bytes are no such message.
  package func fieldCount(_ path: UInt64...) -> Int? {
    fieldCount(path[...], in: startIndex..<endIndex)
  }

  private func fieldCount(_ path: ArraySlice<UInt64>, in range: Range<Int>) -> Int? {
    let isLast = path.count == 1
    var count = 0
    var areMessages = true
    let isMessage = forEachField(in: range) { field, value in
      guard field == path.first, case .contents(let contents) = value else { return }
      guard !isLast else {
        count += 1
        return
      }
      guard let inner = fieldCount(path.dropFirst(), in: contents) else {
        areMessages = false
        return
      }
      count += inner
    }
    return isMessage && areMessages ? count : nil
  }

  /// Goes over the outermost fields of a message.
  ///
  /// - Returns: whether it is one.
  func forEachField(in range: Range<Int>, _ body: (UInt64, FieldValue) -> Void) -> Bool {
    var place = range.lowerBound
    /// The groups that have begun and not ended.
    var groups: [UInt64] = []
    while place < range.upperBound {
      guard let tag = varint(at: &place, before: range.upperBound) else { return false }
      let field = tag >> 3
      var value = FieldValue.other
      switch tag & 7 {
      case 0:
        guard let number = varint(at: &place, before: range.upperBound) else { return false }
        value = .number(number)
      case 1, 5:
        let byteCount = tag & 7 == 1 ? 8 : 4
        guard byteCount <= range.upperBound - place else { return false }
        place += byteCount
      case 2:
        guard let byteCount = varint(at: &place, before: range.upperBound),
          byteCount <= UInt64(range.upperBound - place)
        else { return false }
        value = .contents(place..<(place + Int(byteCount)))
        place += Int(byteCount)
      case 3: groups.append(field)
      case 4: guard groups.popLast() == field else { return false }
      default: return false
      }
      if groups.isEmpty { body(field, value) }
    }
    return groups.isEmpty
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

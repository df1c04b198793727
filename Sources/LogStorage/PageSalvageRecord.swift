/// A value of a row.
package enum SalvagedValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real
  case text([UInt8])
  case blob([UInt8])
}

/// What a column of a table holds, as far as a record's header tells.
package indirect enum ColumnShape: Sendable {
  /// The table's INTEGER PRIMARY KEY: it stands in the cell, and NULL stands for it in the record.
  case key
  case integer
  case text
  /// A blob; of so many bytes where it is said.
  case blob(byteCount: Int? = nil)
  case optional(ColumnShape)

  fileprivate func fits(_ type: SerialType) -> Bool {
    switch self {
    case .key: type.number == 0
    case .integer: (1...6).contains(type.number) || type.number == 8 || type.number == 9
    case .text: type.number >= 13 && type.number % 2 == 1
    case .blob(let byteCount):
      type.number >= 12 && type.number % 2 == 0 && (byteCount ?? type.byteCount) == type.byteCount
    case .optional(let column): type.number == 0 || column.fits(type)
    }
  }
}

/// The first columns of a table; a newer file may have more.
package struct RecordShape: Sendable {
  package let columns: [ColumnShape]

  package init(_ columns: [ColumnShape]) { self.columns = columns }
}

/// How a value is stored (2.1 *Record Format*).
struct SerialType {
  let number: UInt64
  let byteCount: Int

  /// - Returns: `nil` for a number that stands for nothing, or for more than any row of ours has.
  init?(_ number: UInt64) {
    self.number = number
    switch number {
    case 0, 8, 9: byteCount = 0
    case 1...4: byteCount = Int(number)
    case 5: byteCount = 6
    case 6, 7: byteCount = 8
    case 10, 11: return nil
    default:
      guard number < UInt64(RecordHeader.payloadByteLimit) * 2 else { return nil }
      byteCount = Int(number - 12) / 2
    }
  }
}

/// The header of a record: which values follow, and how many bytes they take.
struct RecordHeader {
  /// A row of ours has a pack, at most 9 MiB, and 32 bytes for each of its at most 16,384 changes.
  static let payloadByteLimit = 16 << 20

  let types: [SerialType]
  private let byteCount: Int
  /// Header and values.
  let payloadByteCount: Int

  /// Reads a header; `nil` where there is none.
  init?(_ page: [UInt8], at start: Int) {
    // A header of 128 bytes has more columns than any table of ours.
    guard start >= 0, start < page.count, page[start] < 128 else { return nil }
    byteCount = Int(page[start])
    let end = start + byteCount
    guard byteCount > 1, end <= page.count else { return nil }
    var types: [SerialType] = []
    var total = byteCount
    var offset = start + 1
    while offset < end {
      guard let number = Varint.read(page, at: &offset), offset <= end,
        let type = SerialType(number)
      else { return nil }
      types.append(type)
      total += type.byteCount
      guard total <= Self.payloadByteLimit else { return nil }
    }
    self.types = types
    payloadByteCount = total
  }

  func fits(_ shape: RecordShape) -> Bool {
    types.count >= shape.columns.count && zip(shape.columns, types).allSatisfy { $0.fits($1) }
  }

  /// The values of a record whose bytes are all there.
  func values(in payload: [UInt8]) -> [SalvagedValue] {
    guard payload.count == payloadByteCount else { return [] }
    var offset = byteCount
    return types.map { type in
      let bytes = payload[offset..<(offset + type.byteCount)]
      offset += type.byteCount
      switch type.number {
      case 0: return .null
      case 1...6: return .integer(Self.integer(bytes))
      case 7: return .real
      case 8: return .integer(0)
      case 9: return .integer(1)
      default: return type.number % 2 == 0 ? .blob(Array(bytes)) : .text(Array(bytes))
      }
    }
  }

  /// Two's complement, most significant byte first.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    let isNegative = bytes.first.map { $0 & 0x80 != 0 } ?? false
    return bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
  }
}

/// A number of 1 to 9 bytes (1.6 *B-tree Pages*): seven bits each, the most significant first.
enum Varint {
  /// Reads a number and moves on; `nil` when it goes beyond the page.
  static func read(_ page: [UInt8], at offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for place in 0..<9 {
      guard offset >= 0, offset < page.count else { return nil }
      let byte = page[offset]
      offset += 1
      if place == 8 { return value << 8 | UInt64(byte) }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return value
  }

  /// The number of at most eight bytes that ends before an offset; `nil` where none does.
  static func before(_ offset: Int, in page: [UInt8]) -> Int64? {
    guard offset > 0, offset <= page.count, page[offset - 1] < 0x80 else { return nil }
    var start = offset - 1
    while start > 0, page[start - 1] >= 0x80, offset - start < 8 { start -= 1 }
    return page[start..<offset].reduce(0) { $0 << 7 | Int64($1 & 0x7F) }
  }
}

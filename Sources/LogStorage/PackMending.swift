internal import ChangeLog

/// Finds the pack that is one flipped bit away from bytes that do not open.
///
/// All single bits are tried. What opens has two right CRC-32s, and whether it is what its author
/// signed is for the gate to see.
enum PackMending {
  /// A pack of edits that were made one after another is smaller; the cost grows with the square.
  static let byteLimit = 16 << 10

  /// - Returns: `nil` where no pack is so near, or the bytes are more than ``byteLimit``.
  static func mended(_ damaged: [UInt8]) -> PageSalvage.SalvagedPack? {
    guard damaged.count <= byteLimit else { return nil }
    var bytes = damaged
    for bit in 0..<(bytes.count * 8) {
      let mask: UInt8 = 1 << UInt8(bit % 8)
      bytes[bit / 8] ^= mask
      if let pack = try? Pack(bytes) { return PageSalvage.SalvagedPack(bytes: bytes, pack: pack) }
      bytes[bit / 8] ^= mask
    }
    return nil
  }
}

internal import CRDT
internal import ChangeLog
internal import Foundation
internal import SyncProtocol

/// The bytes of a segment, a file that packs are appended to.
///
/// Normative: `Protocol/backup.md`.
///
///     segment  16 bytes "stet/1 segment\r\n" │ entry │ entry │ …
///     entry    length of the pack, u32 │ CRC-32 of what follows, u32
///              │ position at the pack's end, u64 │ prefix of the log check there, 8 bytes │ pack
///
/// So an entry is what the store would send to a peer, and a restore takes it in like one.
enum LogBackupSegment {
  static let preface = Array("stet/1 segment\r\n".utf8)
  /// Length, checksum, position and check.
  static let entryHeaderByteCount = 24

  /// The name of a segment, from 1.
  static func fileName(_ number: Int) -> String {
    let digits = String(number)
    return "segment-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  static func entry(_ delivery: PackDelivery) -> [UInt8] {
    let covered = delivery.position.bigEndianBytes + delivery.check + delivery.pack
    return UInt32(delivery.pack.count).bigEndianBytes
      + Deflate.checksum(covered).bigEndianBytes + covered
  }
}

/// Reads a segment from its beginning, an entry at a time.
struct LogBackupSegmentReader {
  /// What the segment is read from, as far as it is read.
  private(set) var bytes: CheckedBytes
  private var left: Int

  /// Packs that are taken into a store in one transaction.
  private static let batchPackLimit = 64
  /// Their bytes, at which a transaction is full.
  private static let batchByteLimit = 16 << 20

  /// - `bytes`: stand before the segment.
  /// - `byteCount`: how many of them are the segment.
  /// Throws: what `bytes` throws for damage.
  init(_ bytes: CheckedBytes, byteCount: Int) throws {
    self.bytes = bytes
    left = byteCount
    guard try read(LogBackupSegment.preface.count) == LogBackupSegment.preface else {
      throw bytes.damage("it does not begin as a segment does")
    }
  }

  /// The next pack; `nil` at the end of what counts.
  mutating func next() throws -> PackDelivery? {
    guard left > 0 else { return nil }
    let header = try read(LogBackupSegment.entryHeaderByteCount)
    let length = header[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= FormatLimits.packByteLimit else {
      throw bytes.damage("a pack is longer than packs can be")
    }
    let pack = try read(length)
    let checksum = header[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let covered = Array(header[8...]) + pack
    guard Deflate.checksum(covered) == checksum else {
      throw bytes.damage("a checksum does not hold")
    }
    let position = covered[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard position <= UInt64(Int64.max) else {
      throw bytes.damage("a position is higher than positions can be")
    }
    return PackDelivery(pack: pack, position: position, check: Array(covered[8..<16]))
  }

  /// Goes through the packs in groups of the size of a transaction.
  mutating func forEachBatch(_ body: ([PackDelivery]) throws -> Void) throws {
    var batch: [PackDelivery] = []
    var byteCount = 0
    while let delivery = try next() {
      batch.append(delivery)
      byteCount += delivery.pack.count
      if batch.count == Self.batchPackLimit || byteCount >= Self.batchByteLimit {
        try body(batch)
        batch = []
        byteCount = 0
      }
    }
    if !batch.isEmpty { try body(batch) }
  }

  private mutating func read(_ count: Int) throws -> [UInt8] {
    guard count <= left else { throw bytes.damage("it ends too early") }
    left -= count
    return try bytes.read(count)
  }
}

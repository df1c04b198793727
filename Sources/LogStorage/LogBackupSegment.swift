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
  private let handle: FileHandle
  private let name: String
  private var left: Int

  /// - `byteCount`: how many bytes of the file count.
  /// Throws: ``LogBackupFailure``.
  init(_ file: URL, byteCount: Int) throws {
    name = file.lastPathComponent
    guard let handle = FileHandle(forReadingAtPath: file.path) else {
      throw errno == ENOENT
        ? LogBackupFailure.damaged(name, "it is missing")
        : LogBackupFailure.fileSystem(file.path, errno)
    }
    self.handle = handle
    left = byteCount
    guard try read(LogBackupSegment.preface.count) == LogBackupSegment.preface else {
      throw LogBackupFailure.damaged(name, "it does not begin as a segment does")
    }
  }

  /// The next pack; `nil` at the end of what counts.
  mutating func next() throws -> PackDelivery? {
    guard left > 0 else { return nil }
    let header = try read(LogBackupSegment.entryHeaderByteCount)
    let length = header[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= FormatLimits.packByteLimit else {
      throw LogBackupFailure.damaged(name, "a pack is longer than packs can be")
    }
    let pack = try read(length)
    let checksum = header[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let covered = Array(header[8...]) + pack
    guard Deflate.checksum(covered) == checksum else {
      throw LogBackupFailure.damaged(name, "a checksum does not hold")
    }
    return PackDelivery(
      pack: pack,
      position: covered[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) },
      check: Array(covered[8..<16])
    )
  }

  /// Exactly so many bytes; allocates no more than are there.
  private mutating func read(_ count: Int) throws -> [UInt8] {
    guard count > 0 else { return [] }
    guard count <= left, let bytes = try handle.read(upToCount: count), bytes.count == count else {
      throw LogBackupFailure.damaged(name, "it ends too early")
    }
    left -= count
    return Array(bytes)
  }
}

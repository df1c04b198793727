internal import Foundation
internal import SyncSimulation

/// What a file has been through since its last fsync: enough to take any of it back.
///
/// A disk may have carried out any of the writes that nobody synced, whole or in part, in any order.
/// So a crash decides for every sector of every write, newest first, whether it stays; a sector then
/// holds what it held after some write, which need not be the same one as for its neighbour.
/// The bytes around a write within its sectors are not harmed (SQLite's "powersafe overwrite").
struct UnsyncedWrites {
  static let sectorByteCount: Int64 = 512

  private enum Write {
    /// `old`: what was in the place before, as far as the file went.
    case bytes(offset: Int64, count: Int64, old: [UInt8])
    /// `tail`: what was cut off.
    case truncation(size: Int64, tail: [UInt8])
  }

  private var writes: [Write] = []

  var isEmpty: Bool { writes.isEmpty }

  mutating func noteWrite(offset: Int64, count: Int64, old: [UInt8]) {
    writes.append(.bytes(offset: offset, count: count, old: old))
  }

  mutating func noteTruncation(to size: Int64, tail: [UInt8]) {
    writes.append(.truncation(size: size, tail: tail))
  }

  mutating func noteSync() { writes.removeAll(keepingCapacity: true) }

  /// How much of what was not synced a crash takes.
  enum Loss {
    case nothing
    case everything
    /// Each sector with this probability, in percent.
    case sectors(Int)
  }

  /// Takes back what the crash takes.
  mutating func lose(
    _ loss: Loss,
    of path: String,
    _ random: inout SeededRandom,
    _ tally: inout FaultTally
  ) {
    defer { writes = [] }
    guard !writes.isEmpty, let file = PlainFile(path) else { return }
    for write in writes.reversed() {
      switch write {
      case .truncation(let size, let tail):
        if loss.takes(&random) { file.write(tail, at: size) }
      case .bytes(let offset, let count, let old):
        undo(offset: offset, count: count, old: old, loss, file, &random, &tally)
      }
    }
  }

  private func undo(
    offset: Int64,
    count: Int64,
    old: [UInt8],
    _ loss: Loss,
    _ file: borrowing PlainFile,
    _ random: inout SeededRandom,
    _ tally: inout FaultTally
  ) {
    var end = offset + count
    var (lostCount, keptCount) = (0, 0)
    let formerEnd = offset + Int64(old.count)
    while end > offset {
      let start = max(offset, (end - 1) / Self.sectorByteCount * Self.sectorByteCount)
      if loss.takes(&random) {
        lostCount += 1
        if start >= formerEnd, file.size <= end {
          file.truncate(to: start)
        } else {
          let known = old.dropFirst(Int(start - offset)).prefix(Int(end - start))
          file.write(
            known + [UInt8](repeating: 0, count: Int(end - start) - known.count),
            at: start
          )
        }
      } else {
        keptCount += 1
      }
      end = start
    }
    if lostCount > 0 { tally[.lostSector, default: 0] += lostCount }
    if lostCount > 0, keptCount > 0 { tally[.tornWrite, default: 0] += 1 }
  }
}

extension UnsyncedWrites.Loss {
  fileprivate func takes(_ random: inout SeededRandom) -> Bool {
    switch self {
    case .nothing: false
    case .everything: true
    case .sectors(let percent): Int.random(in: 0..<100, using: &random) < percent
    }
  }
}

/// A file as the simulator sees it, without SQLite.
struct PlainFile: ~Copyable {
  private let descriptor: Int32

  /// `nil` where there is none.
  init?(_ path: String) {
    descriptor = open(path, O_RDWR)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  var size: Int64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
  }

  func write(_ bytes: some Collection<UInt8>, at offset: Int64) {
    let bytes = Array(bytes)
    guard !bytes.isEmpty else { return }
    let written = pwrite(descriptor, bytes, bytes.count, off_t(offset))
    precondition(written == bytes.count, "the folder of the simulated disks is full")
  }

  func byte(at offset: Int64) -> UInt8? {
    var byte: UInt8 = 0
    return pread(descriptor, &byte, 1, off_t(offset)) == 1 ? byte : nil
  }

  func truncate(to size: Int64) {
    precondition(ftruncate(descriptor, off_t(size)) == 0, "a simulated file cannot be truncated")
  }
}

internal import Foundation

/// The pages of a database file that may be damaged, with what its write-ahead log has over them.
///
/// SQLite file format (https://sqlite.org/fileformat2.html), 1.2 *Pages* and 4 *The Write-Ahead Log*.
/// Nothing is written, and SQLite itself never touches the file: it would play back or reset the log.
final class DamagedPages {
  /// Which version of a page is meant, where there are several.
  enum View: CaseIterable {
    /// The newest that was committed, whole or not.
    case latest
    /// The newest that the write-ahead log's checksums vouch for.
    case verified
    /// What stands in the main file.
    case main
  }

  /// One version of a page.
  enum Version: Hashable {
    case main(page: Int)
    case frame(Int)
  }

  static let pageSizes = (9...16).map { 1 << $0 }

  let pageSize: Int
  private let main: FileBytes?
  private let wal: WriteAheadLog?

  /// - `main`: `nil` where there is only the write-ahead log.
  init(main: FileBytes?, wal: FileBytes?, pageSize: Int) {
    self.main = main
    self.pageSize = pageSize
    self.wal = wal.map { WriteAheadLog($0, pageSize: pageSize) }
  }

  /// The size that the file's header names (1.3.2); `nil` where that is none.
  static func namedPageSize(of main: FileBytes) -> Int? {
    guard let header = main.read(at: 0, count: 100), header.count == 100 else { return nil }
    let number = Int(header[16]) << 8 | Int(header[17])
    return pageSizes.first { $0 == (number == 1 ? 1 << 16 : number) }
  }

  /// A page by its number, from 1; `nil` where there is none or the disk does not give it.
  func page(_ number: Int, in view: View) -> [UInt8]? {
    let frame: Int? =
      switch view {
      case .latest: wal?.latest[number]
      case .verified: wal?.verified[number]
      case .main: nil
      }
    return bytes(of: frame.map { .frame($0) } ?? .main(page: number))
  }

  func bytes(of version: Version) -> [UInt8]? {
    switch version {
    case .main(let page):
      guard page > 0, page <= mainPageCount else { return nil }
      return main?.read(at: (page - 1) * pageSize, count: pageSize).map(padded)
    case .frame(let frame): return wal?.page(frame).map(padded)
    }
  }

  /// Goes through all versions of all pages that are there, the older ones first.
  ///
  /// - Parameter body: gets each with its bytes, and whether it is the page's latest.
  func forEachVersion(_ body: (Version, _ page: [UInt8], _ isLatest: Bool) -> Void) {
    for number in 0..<mainPageCount {
      let version = Version.main(page: number + 1)
      guard let bytes = bytes(of: version) else { continue }
      body(version, bytes, wal?.latest[number + 1] == nil)
    }
    guard let wal else { return }
    for (place, frame) in wal.frames.enumerated() {
      guard let bytes = bytes(of: .frame(place)) else { continue }
      body(.frame(place), bytes, wal.latest[frame.page] == place)
    }
  }

  private var mainPageCount: Int { ((main?.byteCount ?? 0) + pageSize - 1) / pageSize }

  /// What a file that ends inside of a page still has of it.
  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: pageSize - bytes.count)
  }
}

/// The committed frames of a write-ahead log that may be damaged.
///
///     file  = header (32 bytes) frame …
///     frame = page number, size after commit, salt 1, salt 2, checksum 1, checksum 2 (4 bytes each), page
///
/// SQLite plays back frames only up to the first one whose checksum is wrong, and so would drop every
/// transaction after one flipped bit. Here every frame is judged alone: its checksum continues the
/// one that is written in the frame before it.
struct WriteAheadLog {
  struct Frame {
    let page: Int
    /// Where the page's bytes begin in the file.
    let offset: Int
    let isVerified: Bool
  }

  private static let headerByteCount = 32
  private static let frameHeaderByteCount = 24
  /// Frames of an earlier round lie behind the last one and have other salts, of which 32 bits are
  /// random; a flipped bit does not make one of this round foreign.
  private static let saltToleranceBitCount = 2

  private(set) var frames: [Frame] = []
  /// The newest frame of every page.
  private(set) var latest: [Int: Int] = [:]
  /// The newest frame of every page whose checksum is right.
  private(set) var verified: [Int: Int] = [:]
  private let file: FileBytes
  private let pageSize: Int

  init(_ file: FileBytes, pageSize: Int) {
    self.file = file
    self.pageSize = pageSize
    guard let header = file.read(at: 0, count: Self.headerByteCount),
      header.count == Self.headerByteCount
    else { return }
    let isBigEndian = header[3] & 1 == 1
    let salts = header.bigEndian64(at: 16)
    var seed = (header.bigEndian32(at: 24), header.bigEndian32(at: 28))
    var committedCount = 0
    var offset = Self.headerByteCount
    let frameByteCount = Self.frameHeaderByteCount + pageSize
    while let frame = file.read(at: offset, count: frameByteCount), frame.count == frameByteCount,
      (frame.bigEndian64(at: 8) ^ salts).nonzeroBitCount <= Self.saltToleranceBitCount
    {
      let sum = Self.checksum(of: frame, after: seed, isBigEndian: isBigEndian)
      seed = (frame.bigEndian32(at: 16), frame.bigEndian32(at: 20))
      frames.append(
        Frame(
          page: Int(frame.bigEndian32(at: 0)),
          offset: offset + Self.frameHeaderByteCount,
          isVerified: sum == seed && frame.bigEndian64(at: 8) == salts
        )
      )
      if frame.bigEndian32(at: 4) != 0 { committedCount = frames.count }
      offset += frameByteCount
    }
    // What was never committed was never acknowledged.
    frames.removeLast(frames.count - committedCount)
    for (place, frame) in frames.enumerated() {
      latest[frame.page] = place
      if frame.isVerified { verified[frame.page] = place }
    }
  }

  /// The size of page that a log's header names; `nil` for what does not begin like a log (4.1).
  static func pageSize(of file: FileBytes) -> Int? {
    guard let header = file.read(at: 0, count: headerByteCount), header.count == headerByteCount,
      [0x377F_0682, 0x377F_0683].contains(header.bigEndian32(at: 0))
    else { return nil }
    let number = header.bigEndian32(at: 8)
    return DamagedPages.pageSizes.first { $0 == number }
  }

  func page(_ frame: Int) -> [UInt8]? {
    guard frames.indices.contains(frame) else { return nil }
    return file.read(at: frames[frame].offset, count: pageSize)
  }

  /// 4.2 *Checksum Algorithm*: over the first 8 bytes of the frame and its page.
  private static func checksum(
    of frame: [UInt8],
    after seed: (UInt32, UInt32),
    isBigEndian: Bool
  ) -> (UInt32, UInt32) {
    var sum = seed
    frame.withUnsafeBytes { bytes in
      func word(_ place: Int) -> UInt32 {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
      }
      func add(_ place: Int) {
        sum.0 &+= word(place) &+ sum.1
        sum.1 &+= word(place + 4) &+ sum.0
      }
      add(0)
      var place = frameHeaderByteCount
      while place + 8 <= bytes.count {
        add(place)
        place += 8
      }
    }
    return sum
  }
}

/// A file that is read at places.
final class FileBytes {
  /// As it was when the file was opened.
  let byteCount: Int
  let descriptor: Int32

  /// Opens a file; `nil` where there is none that can be read, and `errno` says why.
  init?(_ path: String) {
    // A pipe would be waited for.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { return nil }
    byteCount = Int(info.st_size)
    guard info.st_mode & S_IFMT == S_IFREG else {
      errno = info.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Bytes from a place on, fewer at the file's end.
  ///
  /// - Returns: `nil` when there are none, or when the disk does not give them.
  func read(at offset: Int, count: Int) -> [UInt8]? {
    guard offset >= 0, offset < byteCount, count > 0 else { return nil }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: min(count, byteCount - offset)) {
      buffer,
      read in
      while read < buffer.count {
        let part = pread(
          descriptor,
          buffer.baseAddress.map { $0 + read },
          buffer.count - read,
          off_t(offset + read)
        )
        if part < 0, errno == EINTR { continue }
        failed = part < 0
        guard part > 0 else { return }
        read += part
      }
    }
    return failed || bytes.isEmpty ? nil : bytes
  }
}

extension [UInt8] {
  /// Four bytes, most significant first; the caller has seen that they are there.
  func bigEndian32(at offset: Int) -> UInt32 {
    self[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  func bigEndian64(at offset: Int) -> UInt64 {
    UInt64(bigEndian32(at: offset)) << 32 | UInt64(bigEndian32(at: offset + 4))
  }
}

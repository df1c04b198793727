package import ChangeLog
internal import Foundation
package import GRDB
package import SyncProtocol

/// A bundle that is read: to be applied, or to see whether it can be.
///
/// Its bytes are foreign. They are gone through twice: the first time nothing is written, and only what
/// is whole, and builds on what is there, is applied the second time, through the gate like a peer's.
package final class BundleReader {
  package let head: BundleHead
  /// What people call it.
  package let name: String
  private let handle: FileHandle
  private let byteCount: Int
  private let headByteCount: Int

  /// Opens a bundle.
  ///
  /// - `path`: of a file, or `-` for standard input, which goes to a temporary file first.
  /// Throws: ``BundleFailure``.
  package init(_ path: String) throws {
    name = path == BundleDraft.standardStream ? "the bundle on standard input" : path
    handle = try Self.open(path, name)
    var status = stat()
    guard fstat(handle.fileDescriptor, &status) == 0 else {
      throw BundleFailure.fileSystem(path, errno)
    }
    byteCount = Int(status.st_size)
    let limit = BundleHead.preface.count + BundleHead.byteLimit
    let beginning = Array(try handle.read(upToCount: limit) ?? Data())
    do {
      guard let read = try BundleHead.read(beginning) else { throw BundleFailure.notABundle(name) }
      (head, headByteCount) = read
    } catch LogFailure.unsupported {
      throw BundleFailure.newer(name)
    } catch let failure as LogFailure {
      throw BundleFailure.damaged(name, failure.description)
    }
  }

  /// Whether a path leads to a file that begins as a bundle does.
  package static func isBundle(_ path: String) -> Bool {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG,
      let handle = FileHandle(forReadingAtPath: path)
    else { return false }
    defer { try? handle.close() }
    let beginning = try? handle.read(upToCount: BundleHead.preface.count)
    return beginning.map { Array($0) } == BundleHead.preface
  }

  /// A handle that can be set back to the beginning.
  private static func open(_ path: String, _ name: String) throws -> FileHandle {
    if path == BundleDraft.standardStream { return try spooled(.standardInput) }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw errno == ENOENT ? BundleFailure.missing(path) : BundleFailure.fileSystem(path, errno)
    }
    var status = stat()
    guard fstat(handle.fileDescriptor, &status) == 0 else {
      throw BundleFailure.fileSystem(path, errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return handle
    case S_IFDIR: throw BundleFailure.notABundle(name)
    default: return try spooled(handle)
    }
  }

  /// The bytes of a pipe in a temporary file, which has no name any more.
  private static func spooled(_ pipe: FileHandle) throws -> FileHandle {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "stet-bundle-\(UUID().uuidString)").path
    do {
      let file = try FileDescriptor(path, O_RDWR | O_CREAT | O_EXCL)
      defer { unlink(path) }
      while let data = try pipe.read(upToCount: 1 << 20), !data.isEmpty {
        try file.write(Array(data))
      }
      guard let handle = FileHandle(forReadingAtPath: path) else {
        throw BundleFailure.fileSystem(path, errno)
      }
      return handle
    } catch LogBackupFailure.fileSystem(let path, let code) {
      throw BundleFailure.fileSystem(path, code)
    }
  }

  // MARK: - Looking

  /// Goes through the whole bundle and writes nothing.
  ///
  /// - `db`: the database of the log that it would be applied to; `nil` to look at the bundle alone.
  /// - `progress`: told how many packs were looked at, of how many.
  /// Throws: ``BundleFailure`` where the bundle is damaged, newer, or of another archive than the log.
  package func survey(
    against db: Database? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> BundleSurvey {
    let log = db.map { SQLiteLog($0) }
    if let present = try log?.genesis()?.archive, present != head.genesis.archive {
      throw BundleFailure.otherArchive(name, name: head.genesis.name)
    }
    try handle.seek(toOffset: 0)
    var bytes = self.bytes(hashing: RunningHash())
    _ = try bytes.read(headByteCount)
    guard byteCount - headByteCount - Hash.byteCount == head.byteCount else {
      throw damage("its length is another than it says")
    }
    var segment = try LogBackupSegmentReader(bytes, byteCount: head.byteCount)
    var survey = BundleSurvey(of: head.genesis.archive, against: log)
    var position = head.begin.position
    while let entry = try segment.next() {
      let before = survey.changeCount
      do {
        try survey.take(Pack(entry.pack))
      } catch LogFailure.unsupported {
        throw BundleFailure.newer(name)
      } catch let failure as LogFailure {
        throw damage("a pack in it cannot be taken: \(failure)")
      }
      guard entry.position <= head.end.position, entry.position > position,
        entry.position - position >= survey.changeCount - before
      else { throw damage("its packs are not in the order of their positions") }
      position = entry.position
      progress(survey.packCount, head.packCount)
    }
    bytes = segment.bytes
    let hash = bytes.hash
    guard try Hash(bytes.read(Hash.byteCount)) == hash else {
      throw damage("its hash is another than it says")
    }
    guard survey.packCount == head.packCount, survey.changeCount == head.changeCount else {
      throw damage("it holds another number of packs or changes than it says")
    }
    return survey
  }

  private func bytes(hashing running: RunningHash? = nil) -> CheckedBytes {
    CheckedBytes(handle, hashing: running) { [name] in BundleFailure.damaged(name, $0) }
  }

  private func damage(_ what: String) -> BundleFailure { .damaged(name, what) }

  // MARK: - Applying

  /// Goes through the packs, in groups of the size of a transaction.
  ///
  /// - Throws: ``BundleFailure``, and what `body` throws.
  package func forEachBatch(_ body: ([PackDelivery]) throws -> Void) throws {
    try handle.seek(toOffset: UInt64(headByteCount))
    var segment = try LogBackupSegmentReader(bytes(), byteCount: head.byteCount)
    try segment.forEachBatch(body)
  }

  /// Appends the packs to a store, which has been surveyed.
  ///
  /// - `known`: how far the store knows the log that the bundle was made of.
  /// - `own`: the store.
  /// - `progress`: told how many packs are applied, of how many.
  /// Returns: how many changes were new.
  /// Throws: ``BundleFailure/refused(_:_:)``; the packs before stay.
  package func apply(
    to store: some LogStore,
    own: StoreID,
    knowing known: ChangeLog.Cursor?,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Int {
    try store.adopt(head.genesis)
    let cursors = BundleCursors(head, own: own, known: known)
    var newChangeCount = 0
    var packCount = 0
    do {
      try forEachBatch { batch in
        let deliveries = batch.map(cursors.delivery)
        newChangeCount += try store.append(deliveries, from: head.end.store).newChangeCount
        packCount += batch.count
        progress(packCount, head.packCount)
      }
    } catch LogFailure.unsupported {
      throw BundleFailure.newer(name)
    } catch let failure as LogFailure {
      throw BundleFailure.refused(name, failure.description)
    }
    if let end = cursors.end { try store.remember(end) }
    return newChangeCount
  }
}

/// How far the log that a bundle was made of is known while the bundle is applied.
///
/// A bundle moves the cursor into that log only where it goes on from what is known of it, and leaves
/// nothing out that this store might lack.
private struct BundleCursors {
  private let known: ChangeLog.Cursor
  private let head: BundleHead
  private let isContinuation: Bool

  init(_ head: BundleHead, own: StoreID, known: ChangeLog.Cursor?) {
    self.head = head
    let unknown = [UInt8](repeating: 0, count: Hash.prefixByteCount)
    self.known = known ?? ChangeLog.Cursor(store: head.end.store, position: 0, check: unknown)
    let isWhole = head.omitted == nil || head.omitted == own
    isContinuation = isWhole && head.begin.position <= self.known.position
  }

  /// A pack with the cursor that holds after it.
  func delivery(_ entry: PackDelivery) -> PackDelivery {
    if isContinuation, entry.position > known.position { return entry }
    return PackDelivery(pack: entry.pack, position: known.position, check: known.check)
  }

  /// The cursor after the last pack; `nil` where the bundle does not move it.
  var end: ChangeLog.Cursor? {
    isContinuation && head.end.position > known.position ? head.end : nil
  }
}

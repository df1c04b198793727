internal import ChangeLog
package import Foundation
package import GRDB
internal import SyncProtocol

/// A file operation of a backup that is done.
package enum LogBackupStep: Hashable, Sendable {
  /// A segment is open to be appended to.
  case openedSegment
  /// A pack is written; up to this position of the log, which ends there.
  case wrotePack(UInt64, of: UInt64)
  /// A segment is on disk.
  case synchronizedSegment
  /// The names of all segments are on disk.
  case synchronizedFolder
  /// The manifest is on disk, under another name.
  case wroteManifest
  /// The manifest has its name.
  case placedManifest
}

/// What making a backup came to.
package struct LogBackupReceipt: Sendable {
  package let manifest: LogBackupManifest
  /// What was new since the last backup in the folder.
  package fileprivate(set) var newPackCount = 0
  package let newChangeCount: UInt64
  /// Bytes appended to segments.
  package fileprivate(set) var newByteCount = 0
}

/// Appends to a backup what it lacks of a store's log.
///
/// Packs are copied as they are. The store is read in one transaction, so that the backup is the
/// log as it was at one moment, whoever writes meanwhile.
package struct LogBackupWriter {
  /// What a manifest says beside what the log says.
  package struct Label: Sendable {
    package let name: String
    package let state: String?
    package let remotes: [LogBackupManifest.Remote]
    /// ms since 1970-01-01 UTC.
    package let time: Int64

    package init(
      name: String,
      state: String?,
      remotes: [LogBackupManifest.Remote],
      time: Int64
    ) {
      self.name = name
      self.state = state
      self.remotes = remotes
      self.time = time
    }
  }

  private let folder: LogBackupFolder
  private let segmentByteLimit: Int

  /// - `folder`: made where it is missing.
  /// - `segmentByteLimit`: a new segment begins before a pack that would go beyond.
  package init(_ folder: URL, segmentByteLimit: Int = 64 << 20) {
    self.folder = LogBackupFolder(url: folder)
    self.segmentByteLimit = segmentByteLimit
  }

  /// Brings the backup up to the end of a log.
  ///
  /// - `db`: in a read transaction that lasts as long as the call.
  /// - `progress`: told after every file operation; what it throws stops the backup there, as a crash would, and the
  ///   earlier one stays.
  /// Throws: ``LogBackupFailure``, GRDB's `DatabaseError`.
  package func write(
    _ db: Database,
    label: Label,
    progress: (LogBackupStep) throws -> Void = { _ in }
  ) throws -> LogBackupReceipt {
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let log = SQLiteLog(db)
    let earlier = try folder.manifest()
    if let earlier { try verify(earlier, belongsTo: log) }
    let end = try log.backupEnd()
    let begin = earlier?.position ?? 0
    var segments = LogBackupSegments(
      folder,
      byteCounts: earlier?.segments ?? [],
      byteLimit: segmentByteLimit
    )
    var newPackCount = 0
    try log.forEachPack(after: begin) { delivery in
      try segments.append(delivery, end: end.position, progress)
      newPackCount += 1
    }
    try segments.finish(progress)
    try folder.synchronize()
    try progress(.synchronizedFolder)
    let manifest = LogBackupManifest(
      name: label.name,
      genesis: try log.genesis()?.bytes,
      store: try log.storeID(),
      position: end.position,
      check: end.check,
      frontier: try log.frontier().digest,
      state: label.state,
      time: label.time,
      segments: segments.byteCounts,
      remotes: label.remotes
    )
    try folder.writeManifestDraft(manifest)
    try progress(.wroteManifest)
    try folder.placeManifest()
    try progress(.placedManifest)
    try folder.synchronize()
    return LogBackupReceipt(
      manifest: manifest,
      newPackCount: newPackCount,
      newChangeCount: end.position - begin,
      newByteCount: segments.newByteCount
    )
  }

  /// - Throws: ``LogBackupFailure`` when the folder's backup is not the beginning of this log.
  private func verify(_ manifest: LogBackupManifest, belongsTo log: SQLiteLog) throws {
    if let genesis = manifest.genesis, let archive = try log.genesis()?.archive,
      ArchiveID(Hash(of: genesis)) != archive
    {
      throw LogBackupFailure.otherArchive(folder.url.path, name: manifest.name)
    }
    guard try log.holds(manifest.cursor) else {
      throw LogBackupFailure.otherStore(folder.url.path)
    }
  }
}

/// The segments of a backup while it is appended to.
private struct LogBackupSegments {
  private(set) var byteCounts: [Int]
  private(set) var newByteCount = 0
  private let folder: LogBackupFolder
  private let byteLimit: Int
  private var open: FileDescriptor?

  init(_ folder: LogBackupFolder, byteCounts: [Int], byteLimit: Int) {
    self.folder = folder
    self.byteCounts = byteCounts
    self.byteLimit = byteLimit
  }

  mutating func append(
    _ delivery: PackDelivery,
    end: UInt64,
    _ progress: (LogBackupStep) throws -> Void
  ) throws {
    let entry = LogBackupSegment.entry(delivery)
    let file = try file(for: entry.count, progress)
    try file.write(entry)
    byteCounts[byteCounts.count - 1] += entry.count
    newByteCount += entry.count
    try progress(.wrotePack(delivery.position, of: end))
  }

  /// Makes what was written durable.
  mutating func finish(_ progress: (LogBackupStep) throws -> Void) throws {
    guard let open else { return }
    try open.synchronize()
    self.open = nil
    try progress(.synchronizedSegment)
  }

  /// The segment that an entry of a size goes into.
  private mutating func file(
    for entryByteCount: Int,
    _ progress: (LogBackupStep) throws -> Void
  ) throws -> FileDescriptor {
    let preface = LogBackupSegment.preface
    if let last = byteCounts.last,
      last + entryByteCount <= byteLimit || last <= preface.count
    {
      if let open { return open }
      return try openSegment(byteCount: last, progress)
    }
    try finish(progress)
    byteCounts.append(preface.count)
    newByteCount += preface.count
    let file = try openSegment(byteCount: 0, progress)
    try file.write(preface)
    return file
  }

  private mutating func openSegment(
    byteCount: Int,
    _ progress: (LogBackupStep) throws -> Void
  ) throws -> FileDescriptor {
    let file = try folder.openSegment(byteCounts.count, byteCount: byteCount)
    open = file
    try progress(.openedSegment)
    return file
  }
}

extension SQLiteLog {
  /// The end of the log, with the whole check.
  func backupEnd() throws -> (position: UInt64, check: Hash) {
    let row = try Row.fetchOne(
      database,
      sql: "SELECT position, log_check FROM packs ORDER BY position DESC LIMIT 1"
    )
    guard let row else { return (0, LogCheck(store: try storeID()).hash) }
    guard let check = Hash(try row.decode(atIndex: 1) as Data) else {
      throw LogFailure.damaged("log")
    }
    return (try row.decode(atIndex: 0), check)
  }

  /// Goes through the packs after a position, in log order; of one that was joined across it, through
  /// what lies behind.
  ///
  /// - `source`: the local number of a store whose packs are left out.
  func forEachPack(
    after position: UInt64,
    omitting source: Int64? = nil,
    _ body: (PackDelivery) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT position, count FROM packs
        WHERE position > ?1 AND (?2 IS NULL OR source IS NOT ?2) ORDER BY position
        """,
      arguments: [Int64(clamping: position), source]
    )
    while let row = try rows.next() {
      let pack = try PackPlace(position: row.decode(atIndex: 0), count: row.decode(atIndex: 1))
      try body(delivery(of: pack, after: Int64(clamping: position)).delivery)
    }
  }

  /// The running check that the log of another store has when it holds the same changes.
  func check(asOf store: StoreID) throws -> Hash {
    var check = LogCheck(store: store)
    let rows = try Data.fetchCursor(database, sql: "SELECT hashes FROM packs ORDER BY position")
    while let hashes = try rows.next() {
      for hash in try [Hash](stored: hashes) { check.append(hash) }
    }
    return check.hash
  }
}

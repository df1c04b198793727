internal import ChangeLog
package import Foundation
package import GRDB
package import SyncProtocol

/// A backup that is read: to be restored, or to see that it can be.
///
/// Its bytes are foreign: they pass the gate like a peer's, and what came of them is compared with
/// the manifest.
package struct LogBackupReader: Sendable {
  package let manifest: LogBackupManifest
  package let folder: URL

  /// - Throws: ``LogBackupFailure``.
  package init(_ folder: URL) throws {
    self.folder = folder
    guard let manifest = try LogBackupFolder(url: folder).manifest() else {
      throw LogBackupFailure.missing(folder.path)
    }
    self.manifest = manifest
  }

  /// Fills an empty store with the backup.
  ///
  /// - `progress`: told the position reached, of how many.
  /// Throws: ``LogBackupFailure``.
  package func restore(
    into store: some LogStore,
    progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws {
    if let bytes = manifest.genesis {
      guard let genesis = try? Genesis(bytes) else {
        throw LogBackupFailure.damaged("manifest", "its genesis record is not in the format")
      }
      try store.adopt(genesis)
    }
    for (place, byteCount) in manifest.segments.enumerated() {
      let file = LogBackupFolder(url: folder).segment(place + 1)
      try restore(file, byteCount: byteCount, into: store, progress)
    }
    try store.remember(manifest.cursor)
  }

  private func restore(
    _ file: URL,
    byteCount segmentByteCount: Int,
    into store: some LogStore,
    _ progress: (UInt64, UInt64) -> Void
  ) throws {
    let name = file.lastPathComponent
    guard let handle = FileHandle(forReadingAtPath: file.path) else {
      throw errno == ENOENT
        ? LogBackupFailure.damaged(name, "it is missing")
        : LogBackupFailure.fileSystem(file.path, errno)
    }
    defer { try? handle.close() }
    let bytes = CheckedBytes(handle) { LogBackupFailure.damaged(name, $0) }
    var reader = try LogBackupSegmentReader(bytes, byteCount: segmentByteCount)
    try reader.forEachBatch { try append($0, of: file, to: store, progress) }
  }

  private func append(
    _ batch: [PackDelivery],
    of file: URL,
    to store: some LogStore,
    _ progress: (UInt64, UInt64) -> Void
  ) throws {
    do {
      _ = try store.append(batch, from: manifest.store)
    } catch let failure as LogFailure {
      throw LogBackupFailure.damaged(file.lastPathComponent, failure.description)
    } catch let failure as PeerFailure {
      throw LogBackupFailure.damaged(file.lastPathComponent, failure.message)
    }
    progress(batch[batch.count - 1].position, manifest.position)
  }

  /// Compares a restored log with the manifest.
  ///
  /// - `state`: the state digest of the restored store; `nil` where it computes none.
  /// Throws: ``LogBackupFailure/damaged(_:_:)``.
  package func verify(_ db: Database, state: String?) throws {
    let log = SQLiteLog(db)
    guard try log.end().position == manifest.position,
      try log.check(asOf: manifest.store) == manifest.check
    else {
      throw LogBackupFailure.damaged(
        "manifest",
        "the segments hold another number of changes, or other ones, than it names"
      )
    }
    guard try log.frontier().digest == manifest.frontier else {
      throw LogBackupFailure.damaged("manifest", "its frontier is not that of the segments")
    }
    // Under other rules the same changes may come to another state.
    guard let state, let promised = manifest.state,
      Self.rules(of: state) == Self.rules(of: promised)
    else { return }
    guard state == promised else {
      throw LogBackupFailure.damaged("manifest", "its state digest is not that of the segments")
    }
  }

  private static func rules(of digest: String) -> Substring { digest.prefix { $0 != ":" } }
}

internal import Foundation

/// The lock with which SQLite keeps others out of a database file, taken without SQLite.
///
/// SQLite's unix layer (src/os.h, *Locking byte ranges*): whoever has the database open in WAL mode
/// holds a read lock on 510 bytes after the pending byte at 1 GiB. A write lock there excludes every
/// other process until it is given back. It is the system's advisory lock of this process: nothing in
/// the file changes.
final class DatabaseLock: Sendable {
  private static let pendingByte: Int64 = 0x4000_0000
  /// The pending and the reserved byte, and the shared range.
  private static let byteCount: Int64 = 2 + 510

  private let descriptor: Int32

  /// Locks; `nil` where there is no file, or none that this user could have open for writing.
  ///
  /// - Throws: ``StorageFailure/locked``.
  init?(_ path: String) throws {
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(Self.pendingByte)
    lock.l_len = off_t(Self.byteCount)
    guard fcntl(descriptor, F_SETLK, &lock) == 0 else { throw StorageFailure.locked }
  }

  deinit { close(descriptor) }
}

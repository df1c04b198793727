internal import Foundation

/// A write-ahead log that lay beside a file that it does not belong to, and is kept under another name.
///
/// It is not thrown away: changes that nobody else has may be in it.
package struct SetAsideWAL: Hashable, Sendable {
  /// Where it is now.
  package let path: String

  /// Looks at what lies beside a main file before SQLite does, and sets it aside where it is foreign.
  ///
  /// What somebody has open is left alone: it is in use, and was looked at when it was opened.
  /// - Returns: `nil` where there was nothing to do.
  /// - Throws: ``StorageFailure`` when it is foreign and cannot be set aside.
  package static func setAside(beside path: String) throws -> SetAsideWAL? {
    let log = path + "-wal"
    guard let wal = FileBytes(log), wal.byteCount > 0 else { return nil }
    // One at a time: who looks holds the main file for a moment, as if it had it open.
    try wal.lock()
    guard let use = SoleUse(of: path), wal.isStill(at: log),
      WALPairing.isForeign(wal, to: use.read)
    else { return nil }
    return try SetAsideWAL(moving: log, awayFrom: path)
  }

  private init(moving log: String, awayFrom path: String) throws {
    var number = 1
    while link(log, Self.name(number, beside: path)) != 0 {
      guard errno == EEXIST else { throw Self.failure(path) }
      number += 1
    }
    self.path = Self.name(number, beside: path)
    guard unlink(log) == 0 else { throw Self.failure(path) }
    // Its index: nobody has it open.
    unlink(path + "-shm")
    let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { throw Self.failure(path) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw Self.failure(path) }
  }

  private static func name(_ number: Int, beside path: String) -> String {
    "\(path).foreign-\(number)-wal"
  }

  private static func failure(_ path: String) -> StorageFailure {
    StorageFailure.other(
      "\(path)-wal belongs to another state of it and cannot be set aside "
        + "(\(String(cString: strerror(errno)))): move it elsewhere"
    )
  }
}

extension SetAsideWAL: CustomStringConvertible {
  package var description: String {
    "the file is another one than a killed process left, as when an older copy was put back; what "
      + "that process had not yet moved into it is kept in \(path)"
  }
}

extension FileBytes {
  /// Waits until nobody else holds this lock, and keeps it until the file is closed (flock(2)).
  ///
  /// SQLite takes no locks on write-ahead logs.
  fileprivate func lock() throws {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw StorageFailure.other("its write-ahead log: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Whether the file still has the name that it was opened under.
  fileprivate func isStill(at path: String) -> Bool {
    var (named, opened) = (stat(), stat())
    return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0
      && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
  }
}

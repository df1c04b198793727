internal import Foundation
internal import GRDBSQLite

/// The hold on a database file that no connection has open, and that none can open meanwhile.
///
/// Whoever has a database open in WAL mode has a shared lock on the main file from the first statement
/// to the close; so an exclusive one is to be had only where there is nobody. It is taken through SQLite's own
/// file system: a lock of the system would not tell connections of this process, and would take
/// their locks with it when its descriptor is closed (fcntl(2), *Record locks*).
///
/// SQLite runs no statement here. So it looks at no write-ahead log, and plays none back.
final class SoleUse {
  private let connection: OpaquePointer
  private let file: UnsafeMutablePointer<sqlite3_file>

  /// - Returns: `nil` where somebody has the file open, or this user could not have it so for writing.
  init?(of path: String) {
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil)
    var found: UnsafeMutablePointer<sqlite3_file>?
    guard result == SQLITE_OK, let opened,
      sqlite3_file_control(opened, "main", SQLITE_FCNTL_FILE_POINTER, &found) == SQLITE_OK,
      let found, found.pointee.pMethods != nil
    else {
      sqlite3_close(opened)
      return nil
    }
    connection = opened
    file = found
    let isHeld = [SQLITE_LOCK_SHARED, SQLITE_LOCK_EXCLUSIVE].allSatisfy {
      file.pointee.pMethods.pointee.xLock?(file, $0) == SQLITE_OK
    }
    guard isHeld else { return nil }
  }

  deinit {
    _ = file.pointee.pMethods?.pointee.xUnlock?(file, SQLITE_LOCK_NONE)
    sqlite3_close(connection)
  }

  /// Bytes from a place on, fewer at the file's end.
  ///
  /// - Returns: `nil` when the disk does not give them.
  func read(at offset: Int, count: Int) -> [UInt8]? {
    guard let read = file.pointee.pMethods.pointee.xRead, let count32 = Int32(exactly: count),
      let size = byteCount, offset >= 0, offset < size
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes {
      read(file, $0.baseAddress, count32, sqlite3_int64(offset))
    }
    // SQLite fills what a file does not have with zeros, and says so.
    guard result == SQLITE_OK || offset + count > size else { return nil }
    return Array(bytes.prefix(size - offset))
  }

  private var byteCount: Int? {
    var size: sqlite3_int64 = 0
    return file.pointee.pMethods.pointee.xFileSize?(file, &size) == SQLITE_OK ? Int(size) : nil
  }
}

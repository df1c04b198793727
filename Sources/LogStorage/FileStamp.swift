internal import Foundation

/// What tells whether somebody has written to a database file.
struct FileStamp: Equatable {
  private let parts: [[Int]]

  init(_ path: String) {
    parts = [path, path + "-wal"].map { path in
      var info = stat()
      guard stat(path, &info) == 0 else { return [] }
      return [
        Int(info.st_ino), Int(info.st_size), Int(info.st_mtim.tv_sec), Int(info.st_mtim.tv_nsec),
      ]
    }
  }
}

internal import GRDB

/// Why a database file does not do what it is asked, in words for people.
package enum StorageFailure: Error, Hashable, Sendable {
  case locked
  case full
  case readOnly
  case damaged(String)
  /// More than a file of this kind can hold.
  case tooLarge(String)
  case other(String)

  /// What a database error means; `nil` for an error of another kind.
  package init?(_ error: any Error) {
    if let failure = error as? StorageFailure {
      self = failure
      return
    }
    if error is RowDecodingError {
      self = .damaged("a row has a value of another kind than its column")
      return
    }
    guard let error = error as? DatabaseError else { return nil }
    // The index of the WAL, which also a reader needs, finds no room: SQLite calls that an I/O error.
    if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
      self = .full
      return
    }
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
    case .SQLITE_FULL: self = .full
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: self = .readOnly
    case .SQLITE_TOOBIG: self = .tooLarge("a value")
    case .SQLITE_IOERR: self = .other("the disk failed: \(error.message ?? "input/output error")")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(error.message ?? "it is not a database")
    default: self = .other(error.message ?? "\(error.resultCode)")
    }
  }
}

extension StorageFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .locked:
      "another process is writing to the archive: try again when it has ended"
    case .full: "the disk is full: make room and try again; the archive is as it was"
    case .readOnly:
      "the archive's file or folder cannot be written: change its permissions or copy it elsewhere"
    case .damaged(let reason):
      "the archive's file is damaged (\(reason)): 'stet repair', on a hub 'stetd repair', saves what it "
        + "still has"
    case .tooLarge(let what):
      "the archive cannot take \(what), which is more than its file can hold: it is as it was; ask whoever "
        + "wrote that"
    case .other(let reason): "the archive's file cannot be used: \(reason)"
    }
  }
}

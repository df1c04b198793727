internal import Foundation

/// Why a backup cannot be made, checked or restored.
package enum LogBackupFailure: Error, Hashable, Sendable {
  /// No backup in the folder.
  case missing(String)
  /// The folder holds the backup of another archive, which is called so.
  case otherArchive(String, name: String)
  /// The folder holds the backup of another copy of the archive, or of another past of this one.
  case otherStore(String)
  /// Another process is writing to the folder.
  case busy(String)
  /// A file of the backup is damaged; which, and what about it.
  case damaged(String, String)
  /// Made by a newer version of stet.
  case newer(String)
  /// The backup is of a hub's archive that nothing had been synced into.
  case empty(String)
  case fileSystem(String, Int32)
}

extension LogBackupFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let folder):
      "there is no backup in \(folder): 'backup create' makes one"
    case .otherArchive(let folder, let name):
      "\(folder) holds the backup of another archive, \(name): name another folder"
    case .otherStore(let folder):
      "\(folder) holds the backup of another copy of this archive, or of one that was put back since: "
        + "name a new folder, and keep this one until that is made"
    case .busy(let folder):
      "another process is writing a backup to \(folder): try again when it has ended"
    case .damaged(let file, let what):
      "the backup is damaged: \(file): \(what): use another backup, or make a new one in a new folder"
    case .newer(let folder):
      "the backup in \(folder) was made by a newer version of stet: install that version"
    case .empty(let folder):
      "the backup in \(folder) is of an archive that nothing had been synced into: there is nothing to restore"
    case .fileSystem(let path, ENOSPC), .fileSystem(let path, EDQUOT):
      "the disk is full at \(path): make room and try again; the earlier backup is as it was"
    case .fileSystem(let path, let code):
      "\(path) cannot be used: \(String(cString: strerror(code))): see its permissions and the disk"
    }
  }
}

internal import CRDT
package import ChangeLog
internal import Foundation

/// Why an archive file does not do what it is asked.
package enum ReplicaFailure: Error, Hashable, Sendable {
  case missing(String)
  case exists(String)
  case notAnArchive(String)
  /// Made by a newer version of stet.
  case newer(String)
  /// A first copy into it was broken off.
  case incomplete(String, address: String)
  /// A repair of it was broken off when the damaged file had left its place.
  case repairBrokenOff(String)
  /// Nothing of it can be read.
  case beyondRepair(String)
  case unreadableKey(String)
  case fileSystem(String, Int32)
  case noSuchItem(String)
  case ambiguous(String, [String])
  case unacceptable(String)
  /// All edits of a text of this object come to more than a text may hold.
  case textIsFull(ObjectID)
}

extension ReplicaFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      "there is no archive at \(path): 'stet init NAME' makes one, 'stet clone' copies one"
    case .exists(let path): "\(path) exists already: choose another name or folder"
    case .notAnArchive(let path): "\(path) is not a stet archive: name another file with --archive"
    case .newer(let path):
      "\(path) was made by a newer version of stet and was left as it is: install that version"
    case .incomplete(let path, let address):
      "\(path) is not copied completely yet: run 'stet clone \(address) \(path)' again"
    case .repairBrokenOff(let path):
      "the repair of \(path) was broken off just before its end: run 'stet repair' again"
    case .beyondRepair(let path):
      "nothing of \(path) can be read, and it was left as it is: "
        + "'stet repair --from' takes a remote, an address or another copy of the archive"
    case .unreadableKey(let path):
      "the key file \(path) cannot be read: restore it from a backup, or move it away to get a new key"
    case .fileSystem(let path, ENOSPC), .fileSystem(let path, EDQUOT):
      "the disk is full: make room and try again; \(path) is as it was"
    case .fileSystem(let path, let code):
      "\(path) cannot be used: \(String(cString: strerror(code))): see its permissions and the disk"
    case .noSuchItem(let what): "there is no \(what) in this archive"
    case .ambiguous(let what, let candidates):
      "\(what) is ambiguous: it could be \(candidates.joined(separator: ", "))"
    case .unacceptable(let what): what
    case .textIsFull(let object):
      "a text of \(object.bytes.hex.prefix(8)) can hold no more: all that was ever written into it, also "
        + "what was deleted again, may come to \(TextWeight.limit >> 20) MiB: write into another one"
    }
  }
}

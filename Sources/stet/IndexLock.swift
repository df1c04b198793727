import Foundation

/// Which file a path leads to, whatever it is called.
struct FileIdentity: Hashable {
  let device: UInt
  let number: UInt

  /// - Returns: `nil` where there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(truncatingIfNeeded: status.st_dev)
    number = UInt(truncatingIfNeeded: status.st_ino)
  }
}

/// What keeps a second background process away from an archive: a locked file among this machine's
/// keys and marks.
///
/// The system gives the lock back when the process ends, however it does (flock(2)). It is not the archive's
/// own lock: a second process would only be useless, and no writer is to wait for this.
final class IndexLock {
  private let path: String
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - `folder`: is there, or has been removed with all that was in it, and is not made again.
  /// - Returns: `nil` where another process has it, or where it cannot be taken.
  init?(of file: FileIdentity, in folder: URL) {
    let locks = folder.appending(path: "index").path
    guard mkdir(locks, 0o700) == 0 || errno == EEXIST else { return nil }
    path = "\(locks)/\(file.device)-\(file.number).lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
  }

  /// Gives the lock back, and removes its file.
  ///
  /// Who has opened that file already locks one without a name, and may not be the only one: two
  /// processes take turns, and do no harm.
  func release() {
    unlink(path)
    close(descriptor)
  }
}

internal import ChangeLog
internal import Foundation

/// The files of a backup, each operation one that a crash may come before or after.
///
/// What the manifest names is on disk and is never written again, so whatever a broken run leaves
/// behind lies beyond it: longer segments, segments that nobody names, a manifest's draft.
struct LogBackupFolder {
  let url: URL

  // MARK: - Reading

  /// The manifest; `nil` when the folder has none.
  ///
  /// - Throws: ``LogBackupFailure``.
  func manifest() throws -> LogBackupManifest? {
    let file = url.appending(path: "manifest")
    guard let handle = FileHandle(forReadingAtPath: file.path) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw LogBackupFailure.fileSystem(file.path, errno)
    }
    defer { try? handle.close() }
    let bytes = try handle.read(upToCount: LogBackupManifest.byteLimit + 1) ?? Data()
    do {
      return try LogBackupManifest(Array(bytes))
    } catch LogFailure.unsupported {
      throw LogBackupFailure.newer(url.path)
    } catch let failure as LogFailure {
      throw LogBackupFailure.damaged("manifest", failure.description)
    }
  }

  func segment(_ number: Int) -> URL {
    url.appending(path: LogBackupSegment.fileName(number))
  }

  // MARK: - Writing

  /// Keeps other writers out until the descriptor is closed.
  ///
  /// - Throws: ``LogBackupFailure``.
  func lock() throws -> FileDescriptor {
    try DurableFolder.make(url)
    let file = try FileDescriptor(url.appending(path: "lock").path, O_RDWR | O_CREAT)
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK
        ? LogBackupFailure.busy(url.path) : LogBackupFailure.fileSystem(file.path, errno)
    }
    return file
  }

  /// Opens a segment to go on behind the bytes that count.
  ///
  /// - `byteCount`: how many count; 0 for a new one.
  func openSegment(_ number: Int, byteCount: Int) throws -> FileDescriptor {
    let file = try FileDescriptor(segment(number).path, O_RDWR | O_CREAT)
    guard try file.byteCount() >= byteCount else {
      throw LogBackupFailure.damaged(LogBackupSegment.fileName(number), "it ends too early")
    }
    try file.cut(to: byteCount)
    return file
  }

  func writeManifestDraft(_ manifest: LogBackupManifest) throws {
    let file = try FileDescriptor(draft.path, O_WRONLY | O_CREAT | O_TRUNC)
    try file.write(try manifest.encoded())
    try file.synchronize()
  }

  /// Gives the draft its name: from here on the new backup counts.
  func placeManifest() throws {
    guard rename(draft.path, url.appending(path: "manifest").path) == 0 else {
      throw LogBackupFailure.fileSystem(url.path, errno)
    }
  }

  /// Makes the names in the folder durable.
  func synchronize() throws { try FileDescriptor(url.path, O_RDONLY).synchronize() }

  private var draft: URL { url.appending(path: "manifest.new") }
}

/// An open file, closed when nobody holds it.
final class FileDescriptor {
  let path: String
  let number: Int32

  /// - `mode`: of a file that is made.
  /// Throws: ``LogBackupFailure/fileSystem(_:_:)``, like all that is done with it.
  init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws {
    self.path = path
    number = open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw LogBackupFailure.fileSystem(path, errno) }
  }

  /// Another descriptor of what is open already.
  ///
  /// - `path`: what it is called in errors.
  init(duplicating number: Int32, _ path: String) throws {
    self.path = path
    self.number = dup(number)
    guard self.number >= 0 else { throw LogBackupFailure.fileSystem(path, errno) }
  }

  func byteCount() throws -> Int {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw failure }
    return Int(status.st_size)
  }

  /// Cuts the file, and goes on writing at its end.
  func cut(to byteCount: Int) throws {
    guard ftruncate(number, off_t(byteCount)) == 0,
      lseek(number, off_t(byteCount), SEEK_SET) == off_t(byteCount)
    else { throw failure }
  }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        throw failure
      }
      rest = rest.dropFirst(count)
    }
  }

  func synchronize() throws { guard fsync(number) == 0 else { throw failure } }

  private var failure: LogBackupFailure { .fileSystem(path, errno) }

  deinit { if number >= 0 { close(number) } }
}

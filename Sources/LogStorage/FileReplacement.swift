internal import Foundation

/// Puts a repaired database file in the place of a damaged one, which is kept under another name.
///
/// A kill at any moment leaves either the damaged file in its place, or none there and the repaired
/// one, whole, under ``repairedPath``; then ``finish()`` ends what was begun. At no moment does a file
/// stand beside the other's write-ahead log, which SQLite would play back into it.
///
/// From the beginning on the damaged file is locked, as SQLite locks it, so that no other process works
/// in a file that is about to leave its place.
package final class FileReplacement: Sendable {
  package let path: String
  private let lock: DatabaseLock?
  private let stamp: FileStamp

  /// - Throws: ``StorageFailure/locked`` when another process has the file open.
  package init(of path: String) throws {
    self.path = path
    stamp = FileStamp(path)
    lock = try DatabaseLock(path)
  }

  /// Where the file that is to come is made.
  ///
  /// Where the damaged one is locked nobody else makes another meanwhile, so that it is always the same
  /// name, and what a run that was killed has left is removed. One that cannot be locked, as this user may
  /// not write it, gets a name of its own.
  package func makeDraftPath(_ name: String) -> String {
    guard lock != nil else { return "\(name).\(UUID().uuidString)" }
    SQLiteFile.removeDrafts(of: name)
    return name
  }

  /// Whether a path leads to the damaged file itself, whose lock would go with the reading of it.
  package func isAbout(_ other: String) -> Bool {
    var (damaged, named) = (stat(), stat())
    return stat(path, &damaged) == 0 && stat(other, &named) == 0
      && damaged.st_ino == named.st_ino && damaged.st_dev == named.st_dev
  }

  /// Whether a replacement of a file was broken off after the damaged one had left its place.
  package static func isBrokenOff(at path: String) -> Bool {
    !FileManager.default.fileExists(atPath: path)
      && FileManager.default.fileExists(atPath: repairedPath(of: path))
  }

  /// Where a repaired file waits, whole and on disk, to take its place.
  private static func repairedPath(of path: String) -> String { path + ".repaired" }
  private var repairedPath: String { Self.repairedPath(of: path) }

  /// Replaces.
  ///
  /// - `draft`: the repaired file, closed, with nothing beside it.
  /// Returns the name under which the damaged file is kept.
  /// Throws: ``StorageFailure``; the damaged file is then in its place or,
  /// after the last steps, ``isBrokenOff(at:)`` is true.
  package func replace(with draft: String) throws -> String {
    try sync(draft)
    guard FileStamp(path) == stamp else { throw StorageFailure.locked }
    try check(rename(draft, repairedPath), repairedPath)
    let kept = try keep()
    try syncFolder()
    try check(unlink(path), path)
    try finish()
    return kept
  }

  /// Gives the repaired file its name, where the damaged one has left its own.
  package func finish() throws {
    SQLiteFile.removeCompanions(of: path)
    try check(link(repairedPath, path), path)
    unlink(repairedPath)
    try syncFolder()
  }

  /// A second name for the damaged file and its write-ahead log, one that is free.
  private func keep() throws -> String {
    for number in 1...10_000 {
      let kept = "\(path).damaged-\(number)"
      guard !FileManager.default.fileExists(atPath: kept + "-wal") else { continue }
      if link(path, kept) != 0 {
        guard errno == EEXIST else { throw failure(kept) }
        continue
      }
      if link(path + "-wal", kept + "-wal") != 0, errno != ENOENT { throw failure(kept) }
      return kept
    }
    throw failure(path + ".damaged")
  }

  private func sync(_ file: String) throws {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(file) }
    defer { close(descriptor) }
    try check(fsync(descriptor), file)
  }

  private func syncFolder() throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    try sync(folder)
  }

  private func check(_ result: Int32, _ file: String) throws {
    guard result == 0 else { throw failure(file) }
  }

  private func failure(_ file: String) -> any Error {
    StorageFailure.other("\(file) cannot be replaced: \(String(cString: strerror(errno)))")
  }
}

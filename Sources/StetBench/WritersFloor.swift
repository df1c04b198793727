import ChangeLog
import Foundation

/// What a hub cannot leave out when it acknowledges notes: their signatures verified on one core, and
/// their bytes appended to a file, with one fsync for all that wait at once.
enum WritersFloor {
  /// - `groupCount`: notes that wait at once.
  /// Returns: notes per second.
  static func rate(
    of notes: [WrittenPack],
    in archive: ArchiveID,
    groupsOf groupCount: Int,
    at folder: URL
  ) throws -> Double {
    let file = folder.appending(path: "notes")
    try Data().write(to: file)
    let handle = try FileHandle(forWritingTo: file)
    defer { try? handle.close() }
    let start = ContinuousClock.now
    for first in stride(from: 0, to: notes.count, by: groupCount) {
      let group = notes[first..<min(notes.count, first + groupCount)]
      for note in group {
        for run in try Pack(note.bytes).runs {
          _ = try run.changes(archive: archive, key: note.writingKey, previous: note.previous)
        }
      }
      try handle.write(contentsOf: Data(group.flatMap(\.bytes)))
      try handle.synchronize()
    }
    return Double(notes.count) / ((ContinuousClock.now - start) / .seconds(1))
  }
}

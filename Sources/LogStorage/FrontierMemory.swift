internal import ChangeLog
internal import Synchronization

/// The digest of a log's frontier as it was last asked for, so that sessions which find nothing new
/// do not read every lane.
///
/// The frontier follows from the log, and an end of the log, with its check, from all that is before it:
/// where the end is the same, so is the digest.
package final class FrontierMemory: Sendable {
  private let newest = Mutex<(end: Cursor, digest: Hash)?>(nil)

  package init() {}

  /// The digest at the end of a log; computed where that is not the end that was last asked for.
  func digest(at end: Cursor, computing: () throws -> Hash) rethrows -> Hash {
    if let newest = newest.withLock(\.self), newest.end == end { return newest.digest }
    let digest = try computing()
    newest.withLock { $0 = (end, digest) }
    return digest
  }
}

import ArchiveModel
import ChangeLog
import LogStorage
import ReplicaStorage

/// Where a bundle begins, as people name it.
enum BundleSince {
  /// - `text`: `nil` for the whole log.
  /// Throws: ``VerbFailure`` when the text names nothing, `BundleFailure`.
  static func beginning(_ text: String?, in replica: Replica) throws -> BundleBeginning {
    guard let text else { return .log }
    if let remote = try replica.remotes().first(where: { $0.name == text }) {
      return try replica.bundleBeginning(after: remote)
    }
    if let cursor = Cursor(text) { return try replica.bundleBeginning(at: cursor) }
    if let time = PointInTime.beginning(text) { return try replica.bundleBeginning(at: time) }
    throw VerbFailure(
      .usage,
      "--since takes a remote's name, a cursor or a time, and \(Console.oneLine(text)) is none"
    )
  }
}

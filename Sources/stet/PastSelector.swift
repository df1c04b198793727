import ArchiveModel
import ChangeLog
import ReplicaStorage

/// A time or a change, as people name it.
enum PastSelector {
  static let help =
    "A time (2021-03-04T06:10:00Z; a day means its end, UTC), or a change of 'stet log'."

  /// - Returns: `nil` when the text is neither a time nor looks like a change.
  /// - Throws: `ReplicaFailure` for a change that is not there.
  static func moment(_ text: String, in replica: Replica) throws -> PastMoment? {
    if looksLikeChange(text) { return .change(try replica.changeID(text)) }
    return PointInTime.milliseconds(text).map { .time($0) }
  }

  /// Hexadecimal digits, a colon, a number; a time has a hyphen before its first colon.
  private static func looksLikeChange(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 && !parts[0].isEmpty && parts[0].utf8.allSatisfy(isDigit)
      && !parts[1].isEmpty && parts[1].utf8.allSatisfy { (48...57).contains($0) }
  }

  /// Whether a text can be the beginning of a version's name.
  static func looksLikeVersion(_ text: String) -> Bool {
    (6...64).contains(text.utf8.count) && text.utf8.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
  }
}

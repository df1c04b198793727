package import CRDT
internal import Foundation

/// Why a bundle cannot be made, read or applied.
package enum BundleFailure: Error, Hashable, Sendable {
  case missing(String)
  /// The file that a bundle was to be written to is there.
  case exists(String)
  /// Not a bundle, or damaged where it says what it is.
  case notABundle(String)
  /// Damaged or tampered with; what about it.
  case damaged(String, String)
  /// The gate refused a pack of a whole bundle, which only a forged one has; why. Those before it were
  /// applied.
  case refused(String, String)
  /// Made by a newer version of stet.
  case newer(String)
  /// The bundle is of another archive, which is called so.
  case otherArchive(String, name: String)
  /// What the bundle builds on is not in the log.
  case gap(String, [MissingChanges])
  /// The cursor that a bundle was to begin at is none of this log.
  case unknownCursor
  /// The archive is empty: nothing had been synced into it.
  case empty
  case fileSystem(String, Int32)
}

/// Changes of one lane that a bundle builds on and that a log does not have.
package struct MissingChanges: Hashable, Sendable {
  package enum Cause: Hashable, Sendable {
    /// They have not come yet.
    case absent
    /// The lane continues in another way here: two copies of one archive file were edited.
    case forked
  }

  package let lane: LaneID
  package let seqs: ClosedRange<UInt64>
  package let cause: Cause

  package init(lane: LaneID, seqs: ClosedRange<UInt64>, cause: Cause) {
    self.lane = lane
    self.seqs = seqs
    self.cause = cause
  }
}

extension MissingChanges: CustomStringConvertible {
  package var description: String {
    let (first, last) = (seqs.lowerBound, seqs.upperBound)
    let changes = first == last ? "change \(first)" : "changes \(first)–\(last)"
    let lane = lane.bytes.hex
    return switch cause {
    case .absent: "\(changes) of lane \(lane)"
    case .forked: "\(changes) of lane \(lane) as it went on elsewhere"
    }
  }
}

extension BundleFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let file): "there is no bundle at \(file): 'stet bundle create' makes one"
    case .exists(let file): "\(file) exists already: choose another name or folder"
    case .notABundle(let file):
      "\(file) is not a bundle, or damaged at its beginning: have it made anew"
    case .damaged(let file, let what):
      "\(file) is damaged: \(what): nothing of it was applied; have it made anew"
    case .refused(let file, let what):
      "\(file) holds a pack that cannot be taken: \(what): what comes before it was applied; "
        + "have it made anew by somebody whom you trust"
    case .newer(let file):
      "\(file) was made by a newer version of stet: install that version"
    case .otherArchive(let file, let name):
      "\(file) is of another archive, \(name): name that archive with --archive"
    case .gap(let file, let missing):
      "nothing of \(file) was applied: it builds on \(Self.list(missing)), missing here: "
        + "apply an earlier bundle first, or have one made with an earlier --since, or without"
    case .unknownCursor:
      "the cursor is of another copy of this archive, or of one that was put back since: "
        + "give a time, or leave --since out"
    case .empty: "nothing had been synced into the archive: there is nothing to put in a bundle"
    case .fileSystem(let path, ENOSPC), .fileSystem(let path, EDQUOT):
      "the disk is full at \(path): make room and try again"
    case .fileSystem(let path, let code):
      "\(path) cannot be used: \(String(cString: strerror(code))): see its permissions and the disk"
    }
  }

  /// The first few, and how many more there are.
  private static func list(_ missing: [MissingChanges]) -> String {
    let named = missing.prefix(3).map(\.description).joined(separator: ", ")
    return missing.count > 3 ? "\(named) and of \(missing.count - 3) more lanes" : named
  }
}

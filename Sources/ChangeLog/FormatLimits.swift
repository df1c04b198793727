/// Sizes and counts that every peer accepts alike.
///
/// Normative: `Protocol/limits.md`.
///
/// They are part of the format: a change that is legal here and refused elsewhere would block its
/// lane for ever. Deployment limits (rates, windows, quotas) are `SyncLimits`.
package enum FormatLimits {
  /// Header and payload of one change together, bytes.
  package static let changeByteLimit = 1 << 20
  /// Operations of one change.
  package static let operationCountLimit = 4096
  /// Dots named by the operations of one change.
  package static let nameCountLimit = 1 << 16
  /// Other lanes that one change depends on.
  package static let dependencyCountLimit = 4096
  /// Each section of a pack before compression, bytes.
  package static let sectionByteLimit = 4 << 20
  /// A whole pack as stored and sent, bytes.
  package static let packByteLimit = 9 << 20
  /// Changes of one pack.
  package static let packChangeCountLimit = 1 << 14
  /// A genesis record, bytes.
  package static let genesisByteLimit = 512
  /// An archive's name, UTF-8 bytes: what makes a hello of at most 250 bytes.
  package static let archiveNameByteLimit = 56
  /// An element of a set and the value of a register, bytes.
  package static let valueByteLimit = 64 << 10
  /// Tags of an article together, bytes; what is beyond is not shown.
  package static let tagsByteLimit = 1 << 20
  /// The author's time in a change, ms before and after 1970-01-01 UTC.
  package static let timeLimit: Int64 = 1 << 53
  /// The newest operation format that this program writes and merges, the number before the colon
  /// of an archive's digest.
  package static let rules = 1
}

internal import ArchiveModel

/// A version that this machine has just encoded and named, so that nobody decodes and hashes it again.
struct KnownVersion: Sendable {
  private let version: ArticleVersion
  let record: [UInt8]
  let name: VersionName

  init(_ version: ArticleVersion) {
    self.version = version
    record = version.record
    name = VersionName(ofRecord: record)
  }

  /// `nil` for any other record.
  func version(of record: [UInt8]) -> ArticleVersion? { record == self.record ? version : nil }

  /// `nil` for any other record.
  func name(of record: [UInt8]) -> VersionName? { record == self.record ? name : nil }
}

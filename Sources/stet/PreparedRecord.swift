import ArchiveModel
import ChangeLog
import Interchange
import ReplicaStorage
import Synchronization

/// A record of an input, with what was done of it ahead.
enum PreparedRecord: Sendable {
  /// With its line, counted from 1; `nil` where the whole file is one article.
  case version(PreparedVersion, line: Int?)
  case rejected(Rejection)

  init(_ record: ImportedRecord, fetched: Int64, origin: String, _ outlook: ImportOutlook) {
    switch record {
    case .rejected(let rejection): self = .rejected(rejection)
    case .article(let article):
      let raw = Hash(of: article.raw)
      let version: PreparedVersion =
        outlook.isOfKnown
        ? .named(article.version, raw: raw, fetched: fetched, origin: origin)
        : .whole(
          ImportedVersion(
            article.version,
            raw: raw,
            fetched: fetched,
            origin: origin,
            salt: Machine.randomBytes(PreparedPayload.saltByteCount)
          )
        )
      self = .version(version, line: article.line)
    }
  }
}

/// A version with everything that can be done without the archive, or with no more than its input's
/// hash, which is all that it takes to find it there.
enum PreparedVersion: Sendable {
  case whole(ImportedVersion)
  case named(ArticleVersion, raw: Hash, fetched: Int64, origin: String)

  /// The first 8 bytes of the input's hash.
  var mark: UInt64 {
    switch self {
    case .whole(let version): Self.mark(version.raw)
    case .named(_, let raw, _, _): Self.mark(raw)
    }
  }

  private static func mark(_ hash: Hash) -> UInt64 {
    hash.prefix.reduce(0) { $0 << 8 | UInt64($1) }
  }

  func imported(by writer: ReplicaWriter) throws -> ImportVerdict {
    switch self {
    case .whole(let version): try writer.importVersion(version).verdict
    case .named(let version, let raw, let fetched, let origin):
      try writer.importVersion(version, raw: raw, fetched: fetched, origin: origin).verdict
    }
  }
}

/// Whether what comes next is likely there already, as in a file that is imported again: to prepare it
/// would be for nothing.
///
/// A guess, which costs time where it is wrong and nothing else.
final class ImportOutlook: Sendable {
  private let isKnown = Atomic(false)

  var isOfKnown: Bool { isKnown.load(ordering: .relaxed) }

  /// - `known`: records of a batch that the archive had.
  func note(known: Int, of count: Int) {
    guard count > 0 else { return }
    isKnown.store(2 * known > count, ordering: .relaxed)
  }
}

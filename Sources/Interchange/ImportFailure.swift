/// Why a whole file, or the rest of it, cannot be imported.
///
/// A description goes on after the file's name: "page.txt: is not text …".
package enum ImportFailure: Error, Hashable, Sendable {
  /// The system does not let us read it; its words.
  case unreadable(reason: String)
  /// A NUL byte or invalid UTF-8, at this byte (counted from 1).
  case notText(byte: Int)
  case damagedGzip(GzipDamage)
  /// A page of more than this many bytes.
  case tooLarge(byteLimit: Int)
  /// A page without a headline.
  case noHeadline

  /// What is wrong with a gzip stream.
  package enum GzipDamage: Hashable, Sendable {
    /// Ends too early.
    case truncated
    /// Something else than another gzip member comes after the end.
    case trailingBytes
    /// Does not inflate, or not to what its checksum says.
    case corrupt
  }
}

extension ImportFailure: CustomStringConvertible {
  /// What happened and what to do about it, without the file's name.
  package var description: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read (\(reason)); check that it is a file and that you may read it"
    case .notText(let byte):
      "is not UTF-8 text (byte \(byte)); convert it to UTF-8 first if it is text at all"
    case .damagedGzip(.truncated):
      "ends in the middle of its gzip data; fetch or copy it again"
    case .damagedGzip(.trailingBytes):
      "has other bytes after its gzip data; unpack it by hand and import what it holds"
    case .damagedGzip(.corrupt):
      "has damaged gzip data; fetch or copy it again"
    case .tooLarge(let byteLimit):
      "is larger than a page may be (\(byteLimit >> 20) MiB); split it into one file per article"
    case .noHeadline:
      "is not an article, as it has no headline; see with --explain how each line is understood"
    }
  }
}

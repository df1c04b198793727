package import ArchiveModel

/// What became of one record of an input.
package enum ImportedRecord: Sendable {
  case article(ImportedArticle)
  case rejected(Rejection)
}

/// An article as its source published it, with the bytes that it was read from.
package struct ImportedArticle: Sendable {
  /// What the record says, with the gaps that the options fill.
  package var version: ArticleVersion
  /// Exactly the bytes of this record, after inflating: for a page the whole file, for JSON Lines
  /// the line without its line break (LF or CR LF).
  package var raw: [UInt8]
  /// Counted from 1; `nil` where the whole file is one article.
  package var line: Int?

  /// An article with its bytes.
  package init(version: ArticleVersion, raw: [UInt8], line: Int?) {
    self.version = version
    self.raw = raw
    self.line = line
  }
}

/// A record that is no article, while the rest of its file goes on.
package struct Rejection: Hashable, Sendable {
  /// Counted from 1.
  package var line: Int?
  /// For people, continuing a sentence: "is not valid UTF-8 (byte 17)".
  package var reason: String

  /// A rejected record.
  package init(line: Int?, reason: String) {
    self.line = line
    self.reason = reason
  }
}

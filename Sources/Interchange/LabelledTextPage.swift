package import ArchiveModel

/// An article as a page of labelled text: labels, headline, body, furniture.
///
/// ``version`` and ``explanation`` are made from the same parts of the page, so they agree.
package struct LabelledTextPage: Sendable {
  /// What the page says; the source and language are the profile's.
  package let version: ArticleVersion
  /// What became of every line.
  package let explanation: PageExplanation

  /// Whether it is an article, which it is not without a headline.
  package var hasHeadline: Bool { !version.headline.isEmpty }

  /// Reads a page; CR LF and CR end lines too, and a byte order mark is skipped.
  ///
  /// - Throws: ``ImportFailure/notText(byte:)`` and ``ImportFailure/tooLarge(byteLimit:)``.
  package init(_ bytes: [UInt8], profile: LabelledTextProfile) throws(ImportFailure) {
    let limit = ImportLimits.pageByteLimit
    guard bytes.count <= limit else { throw .tooLarge(byteLimit: limit) }
    if let byte = TextBytes.firstFlaw(in: bytes) { throw .notText(byte: byte) }
    let lines = Self.lines(of: TextBytes.withoutMark(bytes))
    let parts = PageReader.parts(of: lines, profile: profile)
    version = Self.version(of: parts, profile)
    explanation = PageExplanation(
      lines: parts.flatMap { part in
        part.lines.map { .init(number: $0 + 1, text: lines[$0], fate: part.fate) }
      }
    )
  }

  private static func lines(of bytes: ArraySlice<UInt8>) -> [String] {
    var lines: [String] = []
    var rest = bytes
    while let end = rest.firstIndex(where: { $0 == 0x0a || $0 == 0x0d }) {
      lines.append(String(decoding: rest[..<end], as: UTF8.self))
      rest = rest[end...]
      rest = rest.dropFirst(rest.starts(with: [0x0d, 0x0a]) ? 2 : 1)
    }
    // What follows the last line break is a line only where there is something.
    return rest.isEmpty ? lines : lines + [String(decoding: rest, as: UTF8.self)]
  }

  private static func version(
    of parts: [PageReader.Part],
    _ profile: LabelledTextProfile
  ) -> ArticleVersion {
    var version = ArticleVersion()
    var blocks: [Body.Block] = []
    for part in parts {
      switch part.fate {
      case .label(let field): version.set(field, part.text)
      case .headline: version.headline = part.text
      case .paragraph: blocks.append(Body.Block(.paragraph, part.text))
      case .heading: blocks.append(Body.Block(.heading, part.text.trimmingBlanks))
      case .repeatedLabel, .repeatedHeadline, .blank, .furniture: break
      }
    }
    version.body = Body.text(of: blocks)
    version.source = profile.source ?? ""
    version.language = profile.language ?? ""
    return version
  }
}

extension ArticleVersion {
  fileprivate mutating func set(_ field: LabelledTextProfile.Field, _ value: String) {
    switch field {
    case .sourceID: sourceID = value
    case .url: url = value
    case .published: (published, publishedRaw) = PublishedDate.reading(value)
    case .updated: (modified, modifiedRaw) = PublishedDate.reading(value)
    case .byline: byline = value
    case .section: section = value
    case .tags:
      tags = value.unicodeScalars
        .split { $0 == "," || $0 == "،" || $0 == "、" }
        .map { String($0).trimmingBlanks }
        .filter { !$0.isEmpty }
    }
  }
}

internal import ArchiveModel

/// One line of JSON Lines, as it is written.
struct JSONLine: Decodable {
  /// A text or an integer.
  struct Identifier: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else if let number = try? container.decode(Int64.self) {
        text = String(number)
      } else if let number = try? container.decode(UInt64.self) {
        text = String(number)
      } else {
        // Foundation's own error for a number out of range does not say at which key.
        throw DecodingError.dataCorruptedError(
          in: container,
          debugDescription: "neither a text nor an integer"
        )
      }
    }
  }

  var id: Identifier?
  var source: String?
  var url: String?
  var language: String?
  var published: String?
  var headline: String?
  var byline: String?
  var section: String?
  var tags: [String]?
  var body: String?

  /// The article that the line describes.
  func version(_ options: ImportOptions) throws(LineFlaw) -> ArticleVersion {
    var version = ArticleVersion()
    version.headline = text(headline)
    version.body = Body.normalized(text(body))
    guard !version.headline.isEmpty || !version.body.isEmpty else { throw .empty }
    version.source = text(source).isEmpty ? options.source ?? "" : text(source)
    version.language = text(language).isEmpty ? options.language ?? "" : text(language)
    version.sourceID = text(id?.text)
    version.url = text(url)
    version.byline = text(byline)
    version.section = text(section)
    (version.published, version.publishedRaw) = PublishedDate.reading(text(published))
    version.tags = (tags ?? []).map(text)
    return version
  }

  /// Without U+0000, which many programs that read it later would take for the end.
  private func text(_ value: String?) -> String {
    guard let value, TextBytes.hasNUL(value) else { return value ?? "" }
    var scalars = String.UnicodeScalarView()
    for scalar in value.unicodeScalars { scalars.append(scalar.value == 0 ? "\u{fffd}" : scalar) }
    return String(scalars)
  }
}

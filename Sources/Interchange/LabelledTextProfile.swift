/// How one source lays out its pages of labelled text: data, so that people can write their own as
/// a JSON file.
///
/// - A *label* is the beginning of a line; the rest of the line is the field's value. Labels that
///   end with a colon count in any case, anywhere before the body. Other labels (`By `) could begin
///   prose: they count as written, after the headline, on a line that could be a heading.
/// - A *heading* is a line alone, between blocks of the body, with blank lines around it, short and
///   without a sentence's end.
/// - *Furniture* is what the page's machinery adds. It counts only at the end of the page, where
///   nothing but furniture and blank lines follows.
package struct LabelledTextProfile: Codable, Hashable, Sendable {
  /// What a label names.
  package enum Field: String, Codable, Hashable, Sendable, CaseIterable {
    case sourceID
    case url
    case published
    case updated
    case byline
    case section
    case tags
  }

  /// The beginning of a line that names a field.
  package struct Label: Codable, Hashable, Sendable {
    /// With its colon or the space that ends it.
    package var prefix: String
    /// Where the rest of the line goes.
    package var field: Field

    /// A label of a field.
    package init(_ prefix: String, _ field: Field) {
      self.prefix = prefix
      self.field = field
    }
  }

  /// What tells a heading from a paragraph.
  package struct Headings: Codable, Hashable, Sendable {
    /// In Unicode scalars.
    package var lengthLimit: Int
    /// At least so many before and after.
    package var blankLines: Int
    /// The characters that no heading ends with, also not before closing quotes and brackets.
    package var sentenceEnds: String

    /// The marks of a heading.
    package init(lengthLimit: Int, blankLines: Int, sentenceEnds: String) {
      self.lengthLimit = lengthLimit
      self.blankLines = blankLines
      self.sentenceEnds = sentenceEnds
    }
  }

  /// A line that is no part of the article.
  package struct Furniture: Codable, Hashable, Sendable {
    /// The rule's name, for explanations.
    package var rule: String
    /// As ``FurniturePattern`` reads it.
    package var pattern: String

    /// A rule for lines like the pattern.
    package init(rule: String, pattern: String) {
      self.rule = rule
      self.pattern = pattern
    }
  }

  /// The source's name, where all pages of this layout come from one.
  package var source: String?
  /// BCP 47, where all pages of this layout are in one language.
  package var language: String?
  /// The first one that a line begins with counts.
  package var labels: [Label]
  /// What tells a heading from a paragraph.
  package var headings: Headings
  /// The first rule that a line matches counts.
  package var furniture: [Furniture]

  /// A profile.
  package init(
    source: String? = nil,
    language: String? = nil,
    labels: [Label],
    headings: Headings,
    furniture: [Furniture]
  ) {
    self.source = source
    self.language = language
    self.labels = labels
    self.headings = headings
    self.furniture = furniture
  }

  /// Pages of news agencies, as people save or paste them.
  package static let agencyPage = LabelledTextProfile(
    labels: [
      Label("News ID:", .sourceID),
      Label("ID:", .sourceID),
      Label("URL:", .url),
      Label("Published:", .published),
      Label("Updated:", .updated),
      Label("Last modified:", .updated),
      Label("By ", .byline),
      Label("BYLINE:", .byline),
      Label("Section:", .section),
      Label("Tags:", .tags),
      Label("Keywords:", .tags),
    ],
    headings: Headings(lengthLimit: 80, blankLines: 2, sentenceEnds: ".!?…:;,。！？؟؛،।።"),
    furniture: [
      Furniture(rule: "security-key", pattern: "Security Key:"),
      Furniture(rule: "captcha", pattern: "Captcha refresh"),
      Furniture(rule: "security-key", pattern: "Security Key: Captcha refresh"),
      Furniture(rule: "generation-time", pattern: "Page Generated in # sec"),
    ]
  )
}

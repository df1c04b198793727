/// What became of every line of a page.
package struct PageExplanation: Hashable, Sendable {
  /// One line with its fate.
  package struct Line: Hashable, Sendable {
    /// Counted from 1.
    package var number: Int
    /// Without its line break.
    package var text: String
    /// What the page's reader took it for.
    package var fate: LineFate
  }

  /// All lines, in order.
  package var lines: [Line]
}

/// What a page's reader took a line for.
package enum LineFate: Hashable, Sendable {
  case label(LabelledTextProfile.Field)
  /// A label of a field that an earlier line names: its value is not used.
  case repeatedLabel(LabelledTextProfile.Field)
  case headline
  /// Confirms the headline and is no part of the body.
  case repeatedHeadline
  case paragraph
  case heading
  case blank
  /// No part of the article, by this rule of the profile.
  case furniture(rule: String)
}

extension LineFate: CustomStringConvertible {
  /// For people: "label: source id".
  package var description: String {
    switch self {
    case .label(let field): "label: \(field.words)"
    case .repeatedLabel(let field): "repeated label, not used: \(field.words)"
    case .headline: "headline"
    case .repeatedHeadline: "repeated headline"
    case .paragraph: "paragraph"
    case .heading: "heading"
    case .blank: "blank"
    case .furniture(let rule): "furniture: \(rule)"
    }
  }
}

extension LabelledTextProfile.Field {
  fileprivate var words: String {
    switch self {
    case .sourceID: "source id"
    case .url: "URL"
    case .published: "published"
    case .updated: "updated"
    case .byline: "byline"
    case .section: "section"
    case .tags: "tags"
    }
  }
}

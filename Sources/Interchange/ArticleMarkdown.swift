package import ArchiveModel
internal import Yams

/// An article as a text to edit: front matter in YAML, an empty line, the body as it is stored.
///
///     ---
///     headline: Talks possible if threats removed
///     byline: ""
///     section: Politics
///     language: en
///     url: https://example.org/1
///     published: 2019-09-16T02:42:00Z
///     tags:
///     - nuclear
///     ---
///
///     The body in body grammar 1.
///
/// All values are texts: nothing turns `2019-09-16` into a date or `no` into a truth value. Written and
/// read again is the same, byte for byte.
package enum ArticleMarkdown {
  private static let fence = "---"
  private static let tagsKey = "tags"

  package static func text(of article: Article) -> String {
    var lines = [fence]
    for (name, field) in ArticleField.correctable {
      lines.append("\(name): \(YAMLScalar.text(article.shown[field]))")
    }
    if article.tags.isEmpty {
      lines.append("\(tagsKey): []")
    } else {
      lines.append("\(tagsKey):")
      lines += article.tags.map { "- \(YAMLScalar.text($0))" }
    }
    lines += [fence, "", article.shown.body]
    return lines.joined(separator: "\n")
  }

  /// Reads an edited text.
  ///
  /// A field whose line is gone asks for the source's own value; tags whose key is gone stay.
  package static func draft(of text: String) throws(FrontMatterFailure) -> ArticleDraft {
    let (frontMatter, body) = try parts(of: text)
    let mapping = try mapping(in: frontMatter)
    var fields: [ArticleField: String] = [:]
    var tags: [String]?
    for (key, value) in mapping {
      guard let key = key.scalar?.string else { throw .unreadable(line: nil, "a key is no text") }
      if key.utf8.elementsEqual(tagsKey.utf8) {
        tags = try self.tags(in: value)
      } else if let known = ArticleField.correctable.first(where: {
        $0.name.utf8.elementsEqual(key.utf8)
      }) {
        guard let text = value.scalar?.string else { throw .notAText(key) }
        fields[known.field] = text
      } else {
        throw .unknownKey(key)
      }
    }
    return ArticleDraft(
      body: body,
      fields: ArticleField.correctable.map { ($0.field, fields[$0.field]) },
      tags: tags
    )
  }

  /// Parts the front matter from the body, by bytes: a body may hold what looks like a fence.
  private static func parts(
    of text: String
  ) throws(FrontMatterFailure) -> (frontMatter: String, body: String) {
    let newline = UInt8(ascii: "\n")
    var rest = Array(text.utf8)[...]
    func takeLine() -> ArraySlice<UInt8> {
      let line = rest.prefix { $0 != newline }
      rest = rest.dropFirst(line.count + 1)
      return line
    }
    func isFence(_ line: ArraySlice<UInt8>) -> Bool {
      var line = line
      while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
      return line.elementsEqual(fence.utf8)
    }
    guard isFence(takeLine()) else { throw .missing }
    let start = rest
    while !rest.isEmpty {
      let before = rest.startIndex
      if isFence(takeLine()) {
        if rest.first == newline { rest.removeFirst() }
        return (
          String(decoding: start[..<before], as: UTF8.self), String(decoding: rest, as: UTF8.self)
        )
      }
    }
    throw .unclosed
  }

  private static func mapping(in yaml: String) throws(FrontMatterFailure) -> Node.Mapping {
    let root: Node?
    do {
      root = try compose(yaml: yaml)
    } catch {
      throw FrontMatterFailure(error)
    }
    guard let root else { return [:] }
    guard let mapping = root.mapping else {
      throw .unreadable(line: nil, "write each field as NAME: VALUE")
    }
    return mapping
  }

  private static func tags(in value: Node) throws(FrontMatterFailure) -> [String] {
    if let scalar = value.scalar, scalar.string.isEmpty { return [] }
    guard let list = value.sequence else { throw .tagsAreNoList }
    var tags: [String] = []
    for tag in list {
      guard let tag = tag.scalar?.string else { throw .tagsAreNoList }
      if !tag.isEmpty { tags.append(tag) }
    }
    return tags
  }
}

/// Why a front matter cannot be taken.
package enum FrontMatterFailure: Error, Hashable, Sendable {
  case missing
  case unclosed
  /// - `line`: of the whole text, from 1, where it is known.
  case unreadable(line: Int?, String)
  case unknownKey(String)
  case notAText(String)
  case tagsAreNoList

  fileprivate init(_ error: any Error) {
    switch error {
    // Lines are counted from the one after the fence.
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      self = .unreadable(line: mark.line + 1, problem)
    case YamlError.reader(let problem, _, _, _): self = .unreadable(line: nil, problem)
    case YamlError.duplicatedKeysInMapping(let keys, _):
      self = .unreadable(line: nil, "\(keys.first ?? "a field") stands there twice")
    default: self = .unreadable(line: nil, "it is no YAML")
    }
  }
}

extension FrontMatterFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing:
      "the text has no front matter: begin it with a line ---, or give the body alone with --body"
    case .unclosed: "the front matter has no end: close it with a line ---"
    case .unreadable(let line, let problem):
      "the front matter cannot be read\(line.map { " at line \($0)" } ?? ""): \(problem)"
    case .unknownKey(let key):
      "there is no field \"\(key)\" in the front matter: the fields are "
        + ArticleField.correctable.map(\.name).joined(separator: ", ") + ", tags"
    case .notAText(let key): "\(key) in the front matter is no text: put its value in double quotes"
    case .tagsAreNoList: "tags in the front matter are no list: write each on a line as - TAG"
    }
  }
}

internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import GRDB

/// Where the passages of an article's annotations stand in its current version.
///
/// Made for one article and asked for all its annotations.
final class ArticlePassages {
  private let article: Article
  private let versions: [VersionName: ArticleVersion]
  private let history: (TextID) throws -> TextHistory?
  private var texts: [VersionName: PassageText] = [:]
  private var carried: [VersionName: CarriedPassages] = [:]

  /// - `history`: of a text of the article; `nil` when nobody edited it.
  init(
    of article: Article,
    versions: [VersionName: ArticleVersion],
    history: @escaping (TextID) throws -> TextHistory?
  ) {
    self.article = article
    self.versions = versions
    self.history = history
  }

  convenience init(
    of article: Article,
    number: Int64,
    versions: [VersionName: ArticleVersion],
    _ store: StateStore
  ) {
    self.init(of: article, versions: versions) { try store.history(of: $0, in: number) }
  }

  /// The place of an annotation's passage; `nil` for an annotation of the whole article.
  func place(of target: AnnotationTarget) throws -> PassagePlace? {
    guard let passage = target.passage else { return nil }
    guard let text = try text(of: target.version) else { return .orphan }
    let place = text.place(of: passage)
    guard target.version != article.current else { return place }
    let certain: Range<Int>? =
      switch place.state {
      case .exact, .moved: place.range
      case .uncertain, .orphan: nil
      }
    return carried(target.version, from: text).place(of: certain, quote: passage.quote)
  }

  /// Where the passage may stand, the best first.
  func candidates(for target: AnnotationTarget) throws -> [PassageCandidate] {
    guard let passage = target.passage, let text = try text(of: target.version) else { return [] }
    guard target.version != article.current else { return text.candidates(for: passage) }
    return carried(target.version, from: text)
      .candidates(for: text.place(of: passage).range, quote: passage.quote)
  }

  /// The text of a version with all that was ever in it; `nil` for a version that is not here.
  private func text(of version: VersionName) throws -> PassageText? {
    if let text = texts[version] { return text }
    guard let record = versions[version] else { return nil }
    let id = TextID(field: ArticleField.body.rawValue, version: version.bytes)
    let text =
      try history(id).map { PassageText($0.spans) }
      ?? PassageText(record.body)
    texts[version] = text
    return text
  }

  private func carried(_ version: VersionName, from text: PassageText) -> CarriedPassages {
    if let carried = carried[version] { return carried }
    let carried = CarriedPassages(from: String(text.content), to: article.shown.body)
    self.carried[version] = carried
    return carried
  }
}

extension String {
  fileprivate init(_ scalars: [Unicode.Scalar]) {
    var view = UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}

internal import ArchiveModel
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// An article as a list shows it.
package struct ArticleRow: Sendable {
  package let id: ObjectID
  package let source: String
  package let sourceID: String
  package let url: String
  package let language: String
  package let published: String
  package let headline: String
  package let byline: String
  package let section: String
  package let tags: [String]

  static let columns = """
    objects.object, articles.source, articles.source_id, articles.url, articles.language,
    articles.published, articles.headline, articles.byline, articles.section, articles.tags
    """

  init(_ row: Row) throws {
    guard
      let id = ObjectID(
        type: ObjectType.article.rawValue,
        bytes: try row.decode(atIndex: 0) as Data
      )
    else {
      throw LogFailure.damaged("state")
    }
    self.id = id
    source = try row.decode(atIndex: 1)
    sourceID = try row.decode(atIndex: 2)
    url = try row.decode(atIndex: 3)
    language = try row.decode(atIndex: 4)
    published = try row.decode(atIndex: 5)
    headline = try row.decode(atIndex: 6)
    byline = try row.decode(atIndex: 7)
    section = try row.decode(atIndex: 8)
    tags =
      (try? JSONDecoder().decode(
        [String].self,
        from: Data((try row.decode(atIndex: 9) as String).utf8)
      ))
      ?? []
  }

  /// Takes the object's number, then the values of ``values(of:)``.
  static let insertion = """
    INTO articles
      (object, is_live, source, source_id, url, language, published, published_ms, headline,
       byline, section, tags)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// The row of an article, without the object's number.
  static func values(of article: Article) -> [RowValue] {
    let shown = article.shown
    return [
      .integer(article.isLive ? 1 : 0), .text(shown.source), .text(shown.sourceID),
      .text(shown.url), .text(shown.language), .text(shown.published),
      Instant.milliseconds(ofISO: shown.published).map { .integer($0) } ?? .null,
      .text(shown.headline), .text(shown.byline), .text(shown.section), .text(json(article.tags)),
    ]
  }

  private static func json(_ tags: [String]) -> String {
    if tags.isEmpty { return "[]" }
    // Most tags need no escape, and an encoder for each article is a fifth of writing its row.
    if tags.allSatisfy({ $0.utf8.allSatisfy { (0x23...0x7E).contains($0) && $0 != 0x5C } }) {
      return "[\"" + tags.joined(separator: "\",\"") + "\"]"
    }
    let data = (try? JSONEncoder().encode(tags)) ?? Data("[]".utf8)
    return String(decoding: data, as: UTF8.self)
  }
}

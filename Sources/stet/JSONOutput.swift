import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// Prints values as JSON.
///
/// Keys are only ever added.
enum JSONOutput {
  static func write(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Console.write(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// A value that is printed as `null` where there is none, instead of leaving its key out.
struct Nullable<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

extension Nullable<String> {
  /// An empty text counts as none.
  init(text: String) { value = text.isEmpty ? nil : text }
}

/// An article in a list.
struct ListedArticleJSON: Encodable {
  let id: String
  let source: Nullable<String>
  let source_id: Nullable<String>
  let url: Nullable<String>
  let language: Nullable<String>
  let published: Nullable<String>
  let headline: Nullable<String>
  let byline: Nullable<String>
  let section: Nullable<String>
  let tags: [String]
  var snippet: String?

  init(_ row: ArticleRow, snippet: String? = nil) {
    id = row.id.bytes.hex
    source = Nullable(text: row.source)
    source_id = Nullable(text: row.sourceID)
    url = Nullable(text: row.url)
    language = Nullable(text: row.language)
    published = Nullable(text: row.published)
    headline = Nullable(text: row.headline)
    byline = Nullable(text: row.byline)
    section = Nullable(text: row.section)
    tags = row.tags
    self.snippet = snippet
  }
}

/// An article with all that belongs to it.
struct ArticleJSON: Encodable {
  struct BlockJSON: Encodable {
    let type: String
    let text: String
  }

  let id: String
  let source: Nullable<String>
  let source_id: Nullable<String>
  let url: Nullable<String>
  let language: Nullable<String>
  let published: Nullable<String>
  let headline: Nullable<String>
  let byline: Nullable<String>
  let section: Nullable<String>
  let tags: [String]
  let body: String
  let blocks: [BlockJSON]
  let annotations: [AnnotationJSON]
  let versions: [VersionJSON]
  let conflicts: [String]
  let deleted: Bool
  /// What there is of it and is not shown, in sentences.
  let omitted: [String]

  init(_ detail: ArticleDetail) {
    let shown = detail.article.shown
    id = detail.article.id.bytes.hex
    source = Nullable(text: shown.source)
    source_id = Nullable(text: shown.sourceID)
    url = Nullable(text: shown.url)
    language = Nullable(text: shown.language)
    published = Nullable(text: shown.published)
    headline = Nullable(text: shown.headline)
    byline = Nullable(text: shown.byline)
    section = Nullable(text: shown.section)
    tags = detail.article.tags
    body = shown.body
    blocks = Body.blocks(of: shown.body).map { BlockJSON(type: Self.type(of: $0), text: $0.text) }
    annotations = detail.annotations.map { AnnotationJSON($0) }
    versions = detail.versions.map { VersionJSON($0) }
    conflicts = detail.article.conflicts.map { "\($0)" }
    deleted = !detail.article.isLive
    omitted = detail.omissions.map(\.sentence)
  }

  private static func type(of block: Body.Block) -> String {
    switch block.kind {
    case .heading: "subheading"
    case .quote: "quote"
    case .list: "list"
    case .paragraph: "paragraph"
    }
  }
}

/// A version of an article.
struct VersionJSON: Encodable {
  struct SightingJSON: Encodable {
    let fetched: String
    let origin: String
    let raw_sha256: String
  }

  let id: String
  let current: Bool
  let pinned: Bool
  let headline: Nullable<String>
  let published: Nullable<String>
  let published_raw: Nullable<String>
  let modified: Nullable<String>
  let sightings: [SightingJSON]

  init(_ version: VersionDetail) {
    id = version.name.bytes.hex
    current = version.isCurrent
    pinned = version.isPinned
    headline = Nullable(text: version.record.headline)
    published = Nullable(text: version.record.published)
    published_raw = Nullable(text: version.record.publishedRaw)
    modified = Nullable(text: version.record.modified)
    sightings = version.sightings.map {
      SightingJSON(
        fetched: Instant.iso(milliseconds: $0.fetched),
        origin: $0.origin,
        raw_sha256: $0.raw.bytes.hex
      )
    }
  }
}

/// An annotation.
struct AnnotationJSON: Encodable {
  let id: String
  let motivation: String
  let quote: Nullable<String>
  let prefix: Nullable<String>
  let suffix: Nullable<String>
  let note: Nullable<String>
  let author: String
  let time: String
  let version: String
  /// exact, moved, uncertain or orphan; null for the whole article.
  let state: Nullable<String>
  /// Of the passage in the article's `body`, Unicode scalars.
  let start: Nullable<Int>
  let end: Nullable<Int>
  /// What it answers.
  let reply_to: Nullable<String>
  /// The annotation that its thread begins with, and how deep it stands below that.
  let thread: String
  let depth: Int
  let answers_deleted: Bool
  let deleted: Bool
  /// What there is of it and is not shown, in sentences.
  let omitted: [String]

  init(_ annotation: AnnotationDetail) {
    let quote = annotation.target.passage?.quote
    id = annotation.id.bytes.hex
    motivation = annotation.motivation
    self.quote = Nullable(quote?.exact)
    prefix = Nullable(quote?.prefix)
    suffix = Nullable(quote?.suffix)
    note = Nullable(text: annotation.note)
    author = annotation.author
    time = Instant.iso(milliseconds: annotation.time)
    version = annotation.target.version.bytes.hex
    state = Nullable(annotation.place?.state.rawValue)
    start = Nullable(annotation.place?.range?.lowerBound)
    end = Nullable(annotation.place?.range?.upperBound)
    reply_to = Nullable(annotation.target.repliesTo?.bytes.hex)
    thread = (annotation.thread?.thread ?? annotation.id).bytes.hex
    depth = annotation.thread?.depth ?? 0
    answers_deleted = annotation.thread?.answersDeleted ?? false
    deleted = !annotation.isLive
    omitted = annotation.omissions.map(\.sentence)
  }
}

internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import GRDB
internal import LogStorage

/// Who wrote what of an article.
package struct ArticleBlame: Sendable {
  /// What the current version's source is called.
  package let source: String
  package let fields: [Field]
  package let blocks: [Block]

  /// A field that has a value.
  package struct Field: Sendable {
    package let name: String
    package let value: String
    /// `nil`: the source.
    package let author: Authorship?
  }

  /// A block of the body.
  package struct Block: Sendable {
    package let text: String
    /// The largest first.
    package let shares: [Share]
    /// Who changed it last; `nil`: it is as the source wrote it.
    package let newest: Authorship?
  }

  /// How much of a block somebody wrote.
  package struct Share: Sendable {
    /// `nil`: the source.
    package let author: String?
    package let scalarCount: Int
  }
}

/// Who did something, when and why.
package struct Authorship: Sendable {
  package let change: ChangeID
  package let author: String
  /// By the author's clock, ms.
  package let time: Int64
  /// Empty where nothing is said.
  package let reason: String
}

extension Replica {
  /// Who wrote the fields and the body of an article as they are shown.
  package func blame(of id: ObjectID) throws -> ArticleBlame {
    try database.read { db in
      let store = StateStore(db)
      let (number, article, state, _) = try store.article(id)
      let people = People(db)
      let changes = try LogReader(db).changes(of: [number])
      let byID = Dictionary(changes.map { ($0.id, $0) }) { first, _ in first }
      func authorship(_ dot: Dot) throws -> Authorship? {
        try byID[dot.change].map {
          Authorship(
            change: $0.id,
            author: try people.name(of: dot.lane),
            time: $0.time,
            reason: $0.reason
          )
        }
      }
      let text = TextID(
        field: ArticleField.body.rawValue,
        version: article.current?.bytes ?? []
      )
      let blame =
        try store.history(of: text, in: number)
        .map { TextBlame(of: $0) { dot in byID[dot.change]?.undoes != nil } }
        ?? TextBlame(unedited: article.shown.body)
      return ArticleBlame(
        source: article.shown.source,
        fields: try ArticleField.correctable.compactMap { name, field in
          let value = article.shown[field]
          guard !value.isEmpty else { return nil }
          let writer = state.entries(of: field.rawValue).shown
            .flatMap { Self.writer(of: $0, in: changes) }
          return ArticleBlame.Field(
            name: name,
            value: value,
            author: try writer.flatMap(authorship)
          )
        },
        blocks: try blame.blocks.map { block in
          ArticleBlame.Block(
            text: block.text,
            shares: try Self.shares(block.shares, people),
            newest: try block.newest.flatMap(authorship)
          )
        }
      )
    }
  }

  /// Who first wrote the value that a register shows; `nil` where the source's is shown.
  ///
  /// An undo writes what others had written before.
  private static func writer(of entry: Entry, in changes: [RecordedChange]) -> Dot? {
    guard RegisterValue.text(entry.value) != nil else { return nil }
    guard changes.contains(where: { $0.id == entry.dot.change && $0.undoes != nil }) else {
      return entry.dot
    }
    return changes.filter { $0.undoes == nil }.flatMap(\.named).last {
      $0.operation.field == entry.field && $0.operation.body == entry.value
        && $0.operation.kind == ChangeLog.Operation.Kind.write.rawValue
    }?.dot ?? entry.dot
  }

  /// Shares by author.
  private static func shares(
    _ shares: [TextBlame.Share],
    _ people: People
  ) throws -> [ArticleBlame.Share] {
    var authors: [String?] = []
    var counts: [String?: Int] = [:]
    for share in shares {
      let author = try share.edit.map { try people.name(of: $0.lane) }
      if !authors.contains(author) { authors.append(author) }
      counts[author, default: 0] += share.scalarCount
    }
    return authors.map { ArticleBlame.Share(author: $0, scalarCount: counts[$0] ?? 0) }
      .sorted { $0.scalarCount > $1.scalarCount }
  }
}

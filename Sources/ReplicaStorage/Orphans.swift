internal import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// An annotation whose passage is gone, or of which only a likely place is known.
package struct OrphanDetail: Sendable {
  package let annotation: AnnotationDetail
  package let article: ObjectID
  /// The article's shown headline.
  package let headline: String
  /// Where it may stand, the best first.
  package let candidates: [Candidate]

  /// A place in the article's shown body.
  package struct Candidate: Sendable {
    package let text: String
    /// From 0 to 1.
    package let score: Double
  }
}

extension Replica {
  /// Annotations that are uncertain or orphans, by article.
  ///
  /// - `article`: only of this one.
  package func orphans(of article: ObjectID? = nil) throws -> [OrphanDetail] {
    try database.read { db in
      // Where a text was never edited and has one version, every passage is where it was.
      let numbers = try Row.fetchAll(
        db,
        sql: """
          SELECT objects.object FROM objects JOIN articles ON articles.object = objects.id
          WHERE articles.is_live
            AND objects.object IN (SELECT article FROM annotations WHERE is_live)
            AND (EXISTS (SELECT 1 FROM texts WHERE texts.object = objects.id)
              OR (SELECT count(*) FROM versions WHERE versions.object = objects.id) > 1)
          ORDER BY objects.object
          """
      )
      let store = StateStore(db)
      return try numbers.flatMap { row -> [OrphanDetail] in
        guard
          let id = ObjectID(
            type: ObjectType.article.rawValue,
            bytes: try row.decode(atIndex: 0) as Data
          ),
          article == nil || article == id
        else { return [] }
        return try Self.orphans(of: id, db, store)
      }
    }
  }

  private static func orphans(
    of id: ObjectID,
    _ db: Database,
    _ store: StateStore
  ) throws -> [OrphanDetail] {
    let (number, article, _, versions) = try store.article(id)
    let passages = ArticlePassages(of: article, number: number, versions: versions, store)
    let body = Array(article.shown.body.unicodeScalars)
    return try annotations(of: id, passages, db, store).compactMap { annotation in
      switch annotation.place?.state {
      case .exact, .moved, nil: return nil
      case .uncertain, .orphan: break
      }
      return OrphanDetail(
        annotation: annotation,
        article: id,
        headline: article.shown.headline,
        candidates: try passages.candidates(for: annotation.target).map {
          OrphanDetail.Candidate(text: Quote($0.range, of: body).exact, score: $0.score)
        }
      )
    }
  }
}

/// Where a person says that an annotation's passage stands.
package enum Reanchoring: Sendable {
  /// The likeliest place, which is shown.
  case shownPlace
  /// The candidate of this number, from 1.
  case candidate(Int)
  /// A passage, word for word; which of several occurrences, from 1.
  case passage(String, occurrence: Int?)
}

extension ReplicaWriter {
  /// Anchors an annotation anew, in the article's current version.
  ///
  /// - Throws: ``ReplicaFailure``.
  package func reanchor(_ annotation: ObjectID, to wish: Reanchoring) throws {
    guard let state = try state(of: annotation),
      let entry = state.entries(of: AnnotationField.target.rawValue).shown,
      let target = AnnotationTarget(entry.value),
      let (article, articleState) = try article(target.article), let version = article.current,
      let versionDot = articleState.dot(of: version)
    else { throw ReplicaFailure.noSuchItem("annotation \(annotation.bytes.hex)") }
    let passage: AnnotationTarget.Passage?
    switch wish {
    case .shownPlace:
      let place = try passages(of: article).place(of: target)
      guard let range = place?.range else {
        throw ReplicaFailure.unacceptable("no place is known for it: quote one with --quote")
      }
      passage = try self.passage(range, in: article, version)
    case .candidate(let number):
      let candidates = try passages(of: article).candidates(for: target)
      guard candidates.indices.contains(number - 1) else {
        throw ReplicaFailure.unacceptable(
          "there are \(candidates.count) candidates: see 'stet orphans'"
        )
      }
      passage = try self.passage(candidates[number - 1].range, in: article, version)
    case .passage(let quotation, let occurrence):
      passage = try self.passage(
        .passage(quotation, occurrence: occurrence),
        in: article,
        version
      )
    }
    let anchored = AnnotationTarget(
      article: target.article,
      version: version,
      passage: passage,
      repliesTo: target.repliesTo
    )
    let seen = state.entries(of: AnnotationField.target.rawValue).map(\.dot)
    try append(
      [anchored.operation(versionDot: versionDot, naming: seen)],
      on: annotation,
      as: .annotate
    )
  }
}

package import ArchiveModel
package import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Something that waits for review, with who did what and when.
package struct OpenReview: Sendable {
  package let object: ObjectID
  /// The article that it is about: itself, or what an annotation stands on; `nil` for other objects.
  package let article: ObjectID?
  /// The article's shown headline.
  package let headline: String
  package let item: ReviewItem
  /// Who did each of the operations that met, by dot.
  package let deeds: [Dot: Deed]

  /// An operation, as people are told of it.
  package struct Deed: Sendable {
    package let author: String
    /// By the author's clock, ms.
    package let time: Int64
    /// What it did, in words.
    package let words: String
    package let reason: String
  }
}

extension Replica {
  /// All that waits for review, in an order that is the same on every replica.
  package func openReviews() throws -> [OpenReview] {
    try database.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT DISTINCT objects.id, objects.type, objects.object
          FROM open_reviews JOIN objects ON objects.id = open_reviews.object
          ORDER BY objects.object, objects.type
          """
      )
      return try rows.flatMap { row -> [OpenReview] in
        guard
          let object = try ObjectID(
            type: row.decode(atIndex: 1),
            bytes: row.decode(atIndex: 2) as Data
          )
        else {
          return []
        }
        return try Self.openReviews(of: object, number: row.decode(atIndex: 0), db)
      }
    }
  }

  /// The one thing that waits for review whose id begins with these hexadecimal digits (4 or more).
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``, ``ReplicaFailure/ambiguous(_:_:)``.
  package func openReview(_ prefix: String) throws -> OpenReview {
    let digits = prefix.lowercased()
    let found = try openReviews().filter {
      digits.utf8.count >= 4 && $0.item.id.bytes.hex.hasPrefix(digits)
    }
    guard let first = found.first else {
      throw ReplicaFailure.noSuchItem("item \"\(prefix)\" on the review list: see 'stet conflicts'")
    }
    // Two passages where the same edits met have one id, and one review settles both.
    let ids = Set(found.map(\.item.id.bytes.hex))
    guard ids.count == 1 else { throw ReplicaFailure.ambiguous("\"\(prefix)\"", ids.sorted()) }
    return first
  }

  private static func openReviews(
    of object: ObjectID,
    number: Int64,
    _ db: Database
  ) throws -> [OpenReview] {
    let store = StateStore(db)
    let state = try store.state(of: number)
    let article: ObjectID? =
      switch ObjectType(rawValue: object.type) {
      case .article: object
      case .annotation:
        state.entries(of: AnnotationField.target.rawValue).shown
          .flatMap { AnnotationTarget($0.value)?.article }
      case .collection, .profile, .archive, nil: nil
      }
    let headline =
      try article.flatMap {
        try String.fetchOne(
          db,
          sql: """
            SELECT headline FROM articles JOIN objects ON objects.id = articles.object
            WHERE objects.object = ? AND objects.type = ?
            """,
          arguments: [$0.bytes.blob, Int64($0.type)]
        )
      } ?? ""
    let people = People(db)
    let reader = LogReader(db)
    return try store.reviewItems(of: state, number: number).map { item in
      var deeds: [Dot: OpenReview.Deed] = [:]
      for dot in item.dots { deeds[dot] = try Self.deed(dot, on: object, reader, people) }
      return OpenReview(
        object: object,
        article: article,
        headline: headline,
        item: item,
        deeds: deeds
      )
    }
  }

  private static func deed(
    _ dot: Dot,
    on object: ObjectID,
    _ reader: LogReader,
    _ people: People
  ) throws -> OpenReview.Deed? {
    guard let change = try reader.change(ChangeID(lane: dot.lane, seq: dot.seq)) else {
      throw LogFailure.damaged("log")
    }
    let payload = try ChangePayload(of: change)
    guard payload.operations.indices.contains(Int(dot.index)),
      let operation = payload.operations[Int(dot.index)]
    else { return nil }
    return OpenReview.Deed(
      author: try people.name(of: dot.lane),
      time: change.header.time,
      words: OperationText.describe(operation, on: object),
      reason: payload.reason
    )
  }
}

extension StateStore {
  /// What waits for review in an object.
  func reviewItems(of state: ObjectState, number: Int64) throws -> [ReviewItem] {
    try ReviewItem.all(of: state) { text throws in
      try history(of: text.id, in: number).map { SeamFinder.seams(of: $0) } ?? []
    }
  }

  /// Writes down which items of an object wait for review.
  func saveReviewItems(of state: ObjectState, number: Int64) throws {
    let ids = try ReviewItem.ids(of: state) { text throws in
      try history(of: text.id, in: number).map { SeamFinder.meetings(of: $0) } ?? []
    }
    try saveReviewItems(ids, number: number)
  }

  func saveReviewItems(_ ids: [Hash], number: Int64) throws {
    try db.cachedStatement(sql: "DELETE FROM open_reviews WHERE object = ?")
      .execute(arguments: [number])
    for (place, id) in ids.enumerated() {
      try db.cachedStatement(sql: "INSERT INTO open_reviews (object, place, id) VALUES (?, ?, ?)")
        .execute(arguments: [number, place, id.bytes.blob])
    }
  }
}

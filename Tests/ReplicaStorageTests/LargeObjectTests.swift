import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

/// An object with more values than are read at once: by one person that is refused, by several who do
/// not know of each other it is kept, and not shown.
@Suite struct LargeObjectTests {
  private let world = TestWorld()
  private let anna: Replica
  private let bert: Replica
  private let article: ObjectID
  private let other: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    (article, other) = try anna.write { writer in
      (
        try writer.importArticle("1", headline: "large", body: "one"),
        try writer.importArticle("2", headline: "other", body: "two")
      )
    }
    bert = try world.clone(of: anna, named: "bert")
  }

  /// Adds 140 MB of values, a megabyte a change.
  ///
  /// - Returns: the dots of the adds.
  private func fill(_ replica: Replica) throws -> [Dot] {
    let element = [UInt8](repeating: 7, count: 62_500)
    return try replica.write { writer in
      try (0..<140).flatMap { _ in
        let change = try writer.append(
          (0..<16).map { _ in
            Operation(field: ArticleField.sightings.rawValue, kind: .add, body: element)
          },
          on: article,
          as: .edit
        )
        return (0..<16).map { Dot(lane: change.lane, seq: change.seq, index: $0) }
      }
    }
  }

  @Test func `what two made too large is kept and passed on, and shown when it is smaller`() throws
  {
    let added = try fill(anna)
    _ = try fill(bert)
    let bertsDigest = try bert.digest()
    _ = try world.sync(anna, with: bert)
    let fresh = try world.clone(of: bert, named: "fresh")
    let digest = try PlainState(of: anna).digest
    #expect(digest != bertsDigest)
    for replica in [anna, bert, fresh] {
      #expect(try replica.digest() == digest)
      #expect(try replica.articles().map(\.headline) == ["other"])
      #expect(throws: ReplicaFailure.objectIsTooLarge(article)) {
        try replica.headline(of: article)
      }
      _ = try replica.catchUpSearch()
      #expect(try replica.search("large", limit: 5).hits.isEmpty)
      #expect(try replica.search("other", limit: 5).hits.count == 1)
      #expect(try replica.openReviews().isEmpty)
      // Nothing that was written is gone.
      #expect(try replica.history(of: article).count > 280)
      let rows = try DerivedState.dump(replica)
      try replica.rebuild()
      #expect(try replica.digest() == digest)
      #expect(try DerivedState.dump(replica) == rows)
    }
    // What is published later is taken in all the same.
    try anna.write { _ = try $0.importArticle("1", headline: "later", body: "one") }
    try anna.write { writer in
      for dots in stride(from: 0, to: added.count, by: 500).map({ added[$0...].prefix(500) }) {
        try writer.append(
          [
            Operation(
              field: ArticleField.sightings.rawValue,
              kind: .remove,
              names: Array(dots)
            )
          ],
          on: article,
          as: .edit
        )
      }
    }
    _ = try world.sync(bert, with: anna)
    for replica in [anna, bert] {
      #expect(try Set(replica.articles().map(\.id)) == [article, other])
      #expect(try replica.detail(of: article).versions.count == 2)
      #expect(try replica.digest() == PlainState(of: anna).digest)
    }
  }

  @Test func `nobody makes an object too large by himself`() throws {
    _ = try fill(anna)
    let digest = try anna.digest()
    #expect(throws: ReplicaFailure.objectIsFull(article)) { _ = try fill(anna) }
    #expect(try anna.digest() == digest)
    #expect(try anna.headline(of: article) == "large")
  }
}

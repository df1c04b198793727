import ArchiveModel
import CRDT
import ChangeLog
import GRDB
import ReplicaStorage
import Testing

/// A text into which more was written than one may hold: by one person that is refused, by several who
/// do not know of each other it is merged.
@Suite struct OverfullTextTests {
  private let world = TestWorld()
  private let anna: Replica
  private let bert: Replica
  private let article: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
    bert = try world.clone(of: anna, named: "bert")
  }

  /// Writes 40 MB at the beginning of the body and takes them out again, a megabyte a change.
  private func fill(_ replica: Replica) throws {
    try replica.write { writer in
      for _ in 0..<40 {
        try writer.edit(
          article,
          [
            Hunk(position: 0, deleteCount: 0, insert: String(repeating: "a", count: 1_000_000)),
            Hunk(position: 0, deleteCount: 1_000_000, insert: ""),
          ]
        )
      }
    }
  }

  @Test func `what two wrote without each other reads as the version's body, for both`() throws {
    try anna.write { _ = try $0.replace("two", by: "2", in: article) }
    try anna.write { _ = try $0.tag(article, adding: ["kept"], removing: []) }
    try fill(anna)
    try fill(bert)
    #expect(try anna.body(of: article) == "one 2")
    #expect(try bert.body(of: article) == "one two")
    _ = try world.sync(anna, with: bert)
    let fresh = try world.clone(of: bert, named: "fresh")
    let digest = try anna.digest()
    for replica in [anna, bert, fresh] {
      #expect(try replica.digest() == digest)
      #expect(try replica.body(of: article) == "one two")
      #expect(try replica.articles().map(\.tags) == [["kept"]])
      #expect(try replica.bodyHistory(of: article) == nil)
      #expect(
        try replica.inspect { try Int.fetchOne($0, sql: "SELECT count(*) FROM text_edits") } == 0
      )
      #expect(try replica.openReviews().isEmpty)
      // Nothing that was written is gone.
      #expect(try replica.history(of: article).count > 80)
      try replica.rebuild()
      #expect(try replica.digest() == digest)
    }
    // Everything else of it is edited as before, and the text no more.
    #expect(throws: ReplicaFailure.textIsFull(article)) {
      try anna.write { _ = try $0.replace("two", by: "2", in: article) }
    }
    try anna.write { try $0.set(.headline, of: article, to: "later") }
    _ = try world.sync(bert, with: anna)
    #expect(try bert.headline(of: article) == "later")
    #expect(try bert.digest() == anna.digest())
  }

  @Test func `nobody makes a text overfull by himself`() throws {
    try fill(anna)
    let digest = try anna.digest()
    #expect(throws: ReplicaFailure.textIsFull(article)) { try fill(anna) }
    #expect(try anna.digest() == digest)
    try anna.write { _ = try $0.replace("two", by: "2", in: article) }
    #expect(try anna.body(of: article) == "one 2")
  }
}

import ArchiveModel
import ArchiveSimulation
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
    let texts = try DerivedState.dump(anna).filter { $0.hasPrefix("texts ") }
    #expect(texts.count == 1)
    for replica in [anna, bert, fresh] {
      #expect(try replica.digest() == digest)
      #expect(try replica.body(of: article) == "one two")
      #expect(try replica.articles().map(\.tags) == [["kept"]])
      #expect(try replica.detail(of: article).omissions == [.edits(field: "body")])
      #expect(try replica.bodyHistory(of: article) == nil)
      #expect(
        try replica.inspect { try Int.fetchOne($0, sql: "SELECT count(*) FROM text_edits") } == 0
      )
      #expect(try replica.openReviews().isEmpty)
      // Nothing that was written is gone.
      #expect(try replica.history(of: article).count > 80)
      let rows = try DerivedState.dump(replica)
      #expect(rows.filter { $0.hasPrefix("texts ") } == texts)
      try replica.rebuild()
      #expect(try replica.digest() == digest)
      #expect(try DerivedState.dump(replica) == rows)
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

  @Test func `an undo leaves what it cannot bring back into a text, and says so`() throws {
    let (action, edited) = try anna.write { writer in
      try writer.set(.headline, of: article, to: "mine")
      let edited = try writer.replace("two", by: "2", in: article)
      return (writer.action, edited)
    }
    #expect(action?.lane == edited.lane)
    try fill(anna)
    try fill(bert)
    _ = try world.sync(anna, with: bert)
    let report = try anna.write { try $0.undo(edited) }
    #expect(report.left.map(\.remainder) == [.full(field: "body")])
    #expect(try anna.headline(of: article) == "h")
    #expect(try anna.body(of: article) == "one two")
  }

  @Test func `nobody makes a text overfull by himself`() throws {
    try fill(anna)
    let digest = try anna.digest()
    #expect(throws: ReplicaFailure.textIsFull(article)) { try fill(anna) }
    #expect(try anna.digest() == digest)
    try anna.write { _ = try $0.replace("two", by: "2", in: article) }
    #expect(try anna.body(of: article) == "one 2")
  }

  @Test func `notes for which the index has no room are not found, and all others are`() throws {
    let megabyte = String(repeating: "a", count: 999_990) + " "
    try anna.write { writer in
      for name in ["first", "second", "third"] {
        let note = try writer.annotate(
          article,
          .wholeArticle,
          motivation: "commenting",
          note: name + " "
        )
        guard name != "third" else { continue }
        for _ in 0..<40 { try writer.append(megabyte, toNote: note) }
      }
    }
    _ = try anna.catchUpSearch()
    let found = try ["first", "second", "third"].map { try anna.search($0, limit: 5).hits.count }
    #expect(found == [1, 0, 1])
  }
}

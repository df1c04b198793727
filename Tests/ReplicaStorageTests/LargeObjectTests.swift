import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

/// An object with more values than are looked at: all of them are kept, merged and passed on.
@Suite struct LargeObjectTests {
  private let world = TestWorld()
  private let anna: Replica
  private let bert: Replica
  private let article: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write { try $0.importArticle("1", headline: "first", body: "one two") }
    bert = try world.clone(of: anna, named: "bert")
  }

  /// Adds 70 MB of values to a field, a megabyte a change.
  ///
  /// - Returns: the dots of the adds.
  @discardableResult
  private func fill(_ replica: Replica, _ field: UInt32) throws -> [Dot] {
    let element = [UInt8](repeating: 7, count: 62_500)
    return try replica.write { writer in
      try (0..<70).flatMap { _ in
        let change = try writer.append(
          (0..<16).map { _ in Operation(field: field, kind: .add, body: element) },
          on: article,
          as: .edit
        )
        return (0..<16).map { Dot(lane: change.lane, seq: change.seq, index: $0) }
      }
    }
  }

  /// Entries, deletions and texts of both, made without each other.
  private func editEverything() throws {
    for (replica, name) in [(anna, "anna"), (bert, "bert")] {
      try replica.write { writer in
        try writer.set(.headline, of: article, to: name)
        try writer.set(.section, of: article, to: name)
        _ = try writer.tag(article, adding: [name, "both"], removing: [])
        _ = try writer.replace("two", by: name, in: article)
        try writer.deleteEverything(of: article)
        try writer.deleteEverything(of: article)
        _ = try writer.importArticle("1", headline: "second of \(name)", body: "three")
      }
    }
  }

  @Test func `what is not looked at is merged, digested and passed on`() throws {
    try editEverything()
    let unknown: UInt32 = 77
    for field in [ArticleField.sightings.rawValue, unknown] {
      for replica in [anna, bert] { try fill(replica, field) }
    }
    _ = try world.sync(anna, with: bert)
    let fresh = try world.clone(of: bert, named: "fresh")
    let digest = try PlainState(of: anna).digest
    for replica in [anna, bert, fresh] {
      #expect(try replica.digest() == digest)
      #expect(try replica.articles().map(\.tags) == [["anna", "bert", "both"]])
      let detail = try replica.detail(of: article)
      #expect(detail.versions.count == 3)
      #expect(detail.omissions == [.values])
      #expect(try replica.openReviews().count == anna.openReviews().count)
      _ = try replica.catchUpSearch()
      #expect(try replica.search("both", limit: 5).hits.count == 1)
      let rows = try DerivedState.dump(replica)
      try replica.rebuild()
      #expect(try replica.digest() == digest)
      #expect(try DerivedState.dump(replica) == rows)
    }
    #expect(try anna.openReviews().map(\.object).contains(article))
    // It is edited, deleted and brought back like any other.
    try bert.write { try $0.set(.headline, of: article, to: "later") }
    #expect(try bert.headline(of: article) == "later")
    // Of what is looked at, an undo leaves nothing.
    #expect(try bert.write { try $0.undoNewest() }.left.isEmpty)
    _ = try bert.write { try $0.redoNewest() }
    #expect(try bert.headline(of: article) == "later")
    #expect(try bert.write { try $0.undoNewest() }.left.isEmpty)
    _ = try bert.write { try $0.redoNewest() }
    #expect(try bert.headline(of: article) == "later")
    try bert.write { try $0.deleteEverything(of: article) }
    #expect(try bert.articles().isEmpty)
    try bert.write { try $0.liftDeletions(of: article) }
    #expect(try bert.articles().map(\.headline) == ["later"])
    _ = try world.sync(anna, with: bert)
    #expect(try anna.digest() == PlainState(of: bert).digest)
    #expect(try anna.digest() == bert.digest())
  }

  @Test func `of a field the newest values are looked at, and older ones when those go`() throws {
    let field = ArticleField.tags.rawValue
    let old = try #require(
      try anna.write { try $0.tag(article, adding: ["old"], removing: []) }
    )
    let added = try (0..<4).flatMap { _ in try fill(anna, field) }
    #expect(try anna.articles().count == 1)
    #expect(try anna.articles().allSatisfy { !$0.tags.contains("old") })
    #expect(try anna.detail(of: article).omissions == [.values])
    // An undo does not pass over it without a word.
    let reason = UndoRemainder.unseen.reason
    #expect(
      throws: ReplicaFailure.unacceptable("nothing of \(old.name) can be undone: \(reason)")
    ) {
      try anna.write { _ = try $0.undo(old) }
    }
    try anna.write { writer in
      for dots in stride(from: 0, to: added.count, by: 500).map({ added[$0...].prefix(500) }) {
        try writer.append(
          [Operation(field: field, kind: .remove, names: Array(dots))],
          on: article,
          as: .edit
        )
      }
    }
    #expect(try anna.articles().map(\.tags) == [["old"]])
    #expect(try anna.detail(of: article).omissions.isEmpty)
  }

  @Test func `of an article the newest versions are looked at, up to 256 MiB, and the pinned one`()
    throws
  {
    let body = String(repeating: "a", count: 1_000_000)
    let ids = try (0..<280).map { number in
      try anna.write {
        try $0.importArticle("1", headline: "h\(number)", body: body)
      }
    }
    #expect(Set(ids) == [article])
    let detail = try anna.detail(of: article)
    #expect((260...268).contains(detail.versions.count))
    // With the one from before.
    #expect(detail.omissions == [.versions(count: ids.count + 1 - detail.versions.count)])
    #expect(detail.versions.contains { $0.record.headline == "h279" })
    #expect(!detail.versions.contains { $0.record.headline == "h0" })
    #expect(try anna.digest() == PlainState(of: anna).digest)
    // One that is not looked at comes back when it is pinned.
    var oldest = ArticleVersion()
    (oldest.source, oldest.sourceID, oldest.headline) = ("test", "1", "h0")
    oldest.body = body
    try anna.write { _ = try $0.pin(VersionName(ofRecord: oldest.record), of: article) }
    #expect(try anna.headline(of: article) == "h0")
    try anna.write { try $0.set(.headline, of: article, to: "corrected") }
    #expect(try anna.headline(of: article) == "corrected")
    let rows = try DerivedState.dump(anna)
    try anna.rebuild()
    #expect(try DerivedState.dump(anna) == rows)
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

@Suite struct StrangeNameTests {
  /// What the format allows a peer to write, though no stet does.
  @Test func `a change that names change 0 is applied, read and passed on as any other`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "b") }
    let lane = try #require(try anna.frontier().heads.keys.first)
    let nobody = Dot(lane: lane, seq: 0, index: 7)
    try anna.write { writer in
      writer.undoes = ChangeID(lane: lane, seq: 0)
      try writer.append(
        [
          Operation(field: 0, kind: .delete, names: [nobody]),
          Operation(field: ArticleField.tags.rawValue, kind: .remove, names: [nobody]),
          Operation(field: 0, kind: .restore, names: [nobody]),
        ],
        on: article,
        as: .edit
      )
    }
    let bert = try world.clone(of: anna, named: "bert")
    for replica in [anna, bert] {
      let digest = try replica.digest()
      #expect(try replica.detail(of: article).article.shown.headline == "h")
      #expect(try replica.history(of: article).count == 2)
      #expect(try replica.actions(limit: 9).contains { $0.undoes?.seq == 0 })
      #expect(try replica.openReviews().count == 1)
      try replica.catchUpSearch()
      #expect(try replica.search("h", limit: 9).hits.count == 1)
      try replica.rebuild()
      #expect(try replica.digest() == digest)
    }
    #expect(try anna.digest() == bert.digest())
    try bert.write { _ = try $0.delete(article) }
    _ = try world.sync(bert, with: anna)
    #expect(try anna.articles().isEmpty)
    #expect(try anna.digest() == bert.digest())
  }
}

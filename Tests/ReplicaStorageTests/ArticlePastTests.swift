import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct ArticlePastTests {
  private let world = TestWorld()

  @Test func `right after a change an article is as this replica had it then`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "zero", body: "one two") }
    let first = try anna.write { try $0.correct(article, [(.headline, "one")]) }
    let edit = try anna.write { try $0.replace("two", by: "three", in: article) }
    _ = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: "n")
    }
    func past(_ change: ChangeID) throws -> ArticleDetail {
      try anna.detail(of: article, at: .change(change))
    }
    #expect(try past(first).article.shown.headline == "one")
    #expect(try past(first).article.shown.body == "one two")
    #expect(try past(edit).article.shown.body == "one three")
    #expect(try past(edit).annotations.isEmpty)
    let now = try anna.detail(of: article)
    let last = try #require(try anna.actions(limit: 1).first?.action)
    let lastPast = try past(last)
    #expect(lastPast.annotations.map(\.note) == now.annotations.map(\.note))
    #expect(lastPast.annotations.map(\.author) == ["anna"])
    #expect(lastPast.versions.map(\.name) == now.versions.map(\.name))
    #expect(throws: ReplicaFailure.self) {
      try past(ChangeID(lane: first.lane, seq: 1))
    }
  }

  @Test func `a time counts by the authors' clocks, whatever came when`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "zero") }
    let bert = try world.clone(of: anna, named: "bert")
    try bert.write { try $0.set(.section, of: article, to: "early") }
    let time = world.clock.now
    try anna.write { try $0.set(.headline, of: article, to: "late") }
    _ = try world.sync(anna, with: bert)
    let past = try anna.detail(of: article, at: .time(time)).article.shown
    #expect(past.headline == "zero")
    #expect(past.section == "early")
    #expect(throws: ReplicaFailure.self) { try anna.detail(of: article, at: .time(0)) }
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `the past of the last change is the present`(seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for _ in 0..<40 { try history.step() }
    try history.settle()
    for replica in history.replicas.prefix(2) {
      for row in try replica.articles() {
        let last = try #require(try replica.actions(limit: 1).first)
        let log = try replica.history(of: row.id)
        let change = try #require(log.last?.change ?? last.action)
        let past = try replica.detail(of: row.id, at: .change(change))
        let now = try replica.detail(of: row.id)
        #expect(past.article.current == now.article.current)
        #expect(Array(past.article.shown.record) == now.article.shown.record)
        #expect(past.article.tags == now.article.tags)
        #expect(past.article.isLive == now.article.isLive)
        #expect(past.annotations.map(\.id) == now.annotations.map(\.id))
        #expect(past.annotations.map(\.note) == now.annotations.map(\.note))
      }
    }
  }

  @Test func `actions stand newest first, with what was done in one go together`() throws {
    let anna = try world.replica(named: "anna")
    let articles = try anna.write { writer in
      try (0..<8).map { try writer.importArticle("\($0)", headline: "h\($0)") }
    }
    let correction = try anna.write { writer in
      writer.reason = "typing error"
      return try writer.correct(articles[0], [(.headline, "x")])
    }
    _ = try anna.write { try $0.undoNewest() }
    let actions = try anna.actions(limit: 10)
    #expect(actions.count == 4)
    #expect(actions[0].undoes == correction)
    #expect(actions.map(\.isUndone) == [false, true, false, false])
    #expect(actions[1].reason == "typing error")
    #expect(actions[2].changeCount == 8)
    #expect(actions[2].objectCount == 8)
    #expect(actions[2].operations.map(\.object) == [0, 0, 1, 1, 2].map { articles[$0] })
    #expect(try anna.actions(limit: 3).map(\.action) == actions.prefix(3).map(\.action))
    #expect(
      try anna.history(of: articles[0]).map(\.reason) == ["", "typing error", ""]
    )
  }
}

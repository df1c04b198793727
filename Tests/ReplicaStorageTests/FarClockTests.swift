import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

/// Changes of authors whose clocks are as wrong as they can be.
@Suite struct FarClockTests {
  /// By the author's clock, ms, and what is shown beside a headline that others wrote meanwhile.
  @Test(arguments: [(FormatLimits.timeLimit, "theirs"), (-FormatLimits.timeLimit, "mine")])
  func `such a change is taken, and gives way to what has seen it`(
    time: Int64,
    shown: String
  ) throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "plain", body: "one") }
    var writer = try HandWriter(for: anna, world)
    let theirs = ChangeLog.Operation(
      field: ArticleField.headline.rawValue,
      kind: .write,
      body: RegisterValue.body("theirs")
    )
    let packs = [
      try writer.certify(by: world.key()), try writer.write([theirs], on: article, time: time),
    ]
    try anna.write { try $0.set(.headline, of: article, to: "mine") }
    _ = try anna.append(packs, from: HandWriter.store)
    #expect(try anna.headline(of: article) == shown)
    #expect(try anna.articles().map(\.headline) == [shown])
    #expect(try anna.status().conflicts == 1)
    let deeds = try anna.openReviews().flatMap { $0.deeds.values.map(\.time) }
    #expect(deeds.contains(time))
    #expect(try anna.history(of: article).map(\.time).last == time)
    #expect(try anna.actions(limit: 10).first?.time == time)
    try anna.catchUpSearch()
    #expect(try anna.search(shown, limit: 5).hits.count == 1)
    try anna.write { try $0.set(.headline, of: article, to: "later") }
    let bert = try world.clone(of: anna, named: "bert")
    for replica in [anna, bert] {
      #expect(try replica.headline(of: article) == "later")
      #expect(try replica.status().conflicts == 0)
      #expect(try replica.digest() == anna.digest())
      let rows = try DerivedState.dump(replica)
      try replica.rebuild()
      #expect(try DerivedState.dump(replica) == rows)
    }
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

/// The review list of replicas that worked offline, and what settles it.
@Suite struct ReviewTests {
  private let world = TestWorld()
  private let anna: Replica
  private let bert: Replica
  private let article: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write {
      try $0.importArticle("1", headline: "Old", body: "One two.\n\nThree four.")
    }
    bert = try world.clone(of: anna, named: "bert")
  }

  private func meet() throws {
    _ = try world.sync(anna, with: bert)
    _ = try world.sync(bert, with: anna)
  }

  private func edit(_ replica: Replica, _ hunk: Hunk) throws {
    try replica.write { _ = try $0.edit(article, [hunk]) }
  }

  private func items(_ replica: Replica) throws -> [Hash] {
    try replica.openReviews().map(\.item.id)
  }

  @Test func `lists what met, alike on both replicas`() throws {
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try edit(anna, Hunk(position: 4, deleteCount: 0, insert: "big "))
    try edit(bert, Hunk(position: 8, deleteCount: 0, insert: "!"))
    try meet()
    let list = try anna.openReviews()
    #expect(list.map(\.item.id) == (try items(bert)))
    #expect(try anna.status().conflicts == 2)
    guard list.count == 2, case .conflict(let field, let values) = list[0].item,
      case .seam(let text, let seam) = list[1].item
    else {
      Issue.record("\(list.map(\.item))")
      return
    }
    #expect(field == ArticleField.headline.rawValue)
    #expect(values.compactMap { RegisterValue.text($0.value) } == ["Bert's", "Anna's"])
    #expect(text.field == ArticleField.body.rawValue)
    #expect(seam.text == "One big two.!")
    #expect(Set(seam.sides.map(\.text)) == ["One big two.", "One two.!"])
    #expect(Set(seam.edits.compactMap { list[1].deeds[$0]?.author }) == ["anna", "bert"])
  }

  @Test func `a resolution syncs and clears the list`() throws {
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try edit(anna, Hunk(position: 4, deleteCount: 0, insert: "big "))
    try edit(bert, Hunk(position: 8, deleteCount: 0, insert: "!"))
    try meet()
    for review in try anna.openReviews() {
      try anna.write { writer in
        switch review.item {
        case .conflict: try writer.resolve(review, by: .take(2))
        case .deletion, .seam: try writer.resolve(review, by: .reviewed)
        }
      }
    }
    try meet()
    for replica in [anna, bert] {
      #expect(try replica.openReviews().isEmpty)
      #expect(try replica.detail(of: article).article.shown.headline == "Anna's")
    }
    // A new edit that met nobody opens nothing again.
    try edit(bert, Hunk(position: 0, deleteCount: 0, insert: "So: "))
    #expect(try bert.openReviews().isEmpty)
  }

  @Test func `settling one thing on two machines at once does no harm`() throws {
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try edit(anna, Hunk(position: 4, deleteCount: 0, insert: "big "))
    try edit(bert, Hunk(position: 8, deleteCount: 0, insert: "!"))
    try meet()
    for replica in [anna, bert] {
      for review in try replica.openReviews() {
        try replica.write { try $0.resolve(review, by: .reviewed) }
      }
    }
    try meet()
    #expect(try items(anna).isEmpty)
    #expect(try items(bert).isEmpty)
    #expect(try anna.digest() == bert.digest())
  }

  @Test func `different settlements are a conflict again`() throws {
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try meet()
    for (replica, number) in [(anna, 1), (bert, 2)] {
      let review = try #require(try replica.openReviews().first)
      try replica.write { try $0.resolve(review, by: .take(number)) }
    }
    try meet()
    #expect(try items(anna).count == 1)
    #expect(try items(anna) == items(bert))
  }

  enum Settlement: CaseIterable, Sendable {
    case keep
    case delete
    case reviewed
  }

  @Test(arguments: Settlement.allCases)
  func `a write that a deletion had not seen is listed`(settlement: Settlement) throws {
    try anna.write { writer in
      let state = try #require(try writer.state(of: article))
      try writer.append(
        [Operation(field: 0, kind: .delete, names: state.dotsToCover)],
        on: article,
        as: .edit
      )
    }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try meet()
    let review = try #require(try anna.openReviews().first)
    guard case .deletion(let deletions, let survivors) = review.item else {
      Issue.record("\(review.item)")
      return
    }
    #expect(deletions.compactMap { review.deeds[$0.dot]?.author } == ["anna"])
    #expect(survivors.compactMap { review.deeds[$0]?.author } == ["bert"])
    #expect(try items(bert) == [review.item.id])
    try anna.write { writer in
      switch settlement {
      case .keep: try writer.resolve(review, by: .keep)
      case .delete: try writer.resolve(review, by: .delete)
      case .reviewed: try writer.resolve(review, by: .reviewed)
      }
    }
    try meet()
    for replica in [anna, bert] {
      #expect(try replica.openReviews().isEmpty)
      #expect(try replica.detail(of: article).article.isLive == (settlement != .delete))
    }
  }

  @Test func `a resolution that does not fit says so`() throws {
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try meet()
    let review = try #require(try anna.openReviews().first)
    for resolution in [Resolution.keep, .delete, .take(0), .take(3)] {
      #expect(throws: ReplicaFailure.self) {
        try anna.write { try $0.resolve(review, by: resolution) }
      }
    }
    #expect(
      try anna.openReview(String(review.item.id.bytes.hex.prefix(6))).item.id == review.item.id
    )
    #expect(throws: ReplicaFailure.self) { try anna.openReview("00") }
  }

  @Test func `one id settles two passages where the same edits met`() throws {
    try anna.write { _ = try $0.edit(article, to: "a One two.\n\nThree four. b") }
    try bert.write { _ = try $0.edit(article, to: "One two. c\n\nd Three four.") }
    try meet()
    let reviews = try anna.openReviews()
    #expect(reviews.count == 2)
    #expect(Set(reviews.map(\.item.id)).count == 1)
    let review = try anna.openReview(reviews[0].item.id.bytes.hex)
    try anna.write { try $0.resolve(review, by: .reviewed) }
    #expect(try anna.openReviews().isEmpty)
  }

  @Test func `a seam that was read leaves the corrections of a former version open`() throws {
    try edit(anna, Hunk(position: 4, deleteCount: 0, insert: "big "))
    try edit(bert, Hunk(position: 8, deleteCount: 0, insert: "!"))
    try meet()
    let review = try #require(try anna.openReviews().first)
    try anna.write { try $0.resolve(review, by: .reviewed) }
    var version = ArticleVersion()
    version.source = "test"
    version.sourceID = "1"
    version.headline = "Old"
    version.body = "One two.\n\nThree four. Five."
    try anna.write {
      _ = try $0.importVersion(version, raw: Hash(of: version.record), fetched: 9, origin: "t")
    }
    #expect(try anna.openCorrections(of: article).count == 1)
  }

  @Test func `a change that conflicts with itself is listed at once`() throws {
    let object = try anna.write { writer in
      let object = writer.makeObject(.collection)
      try writer.append(
        ["one", "two"].map {
          Operation(
            field: CollectionField.name.rawValue,
            kind: .write,
            body: RegisterValue.body($0)
          )
        },
        on: object,
        as: .edit
      )
      return object
    }
    try meet()
    for replica in [anna, bert] {
      #expect(try replica.openReviews().map(\.object) == [object])
      #expect(try replica.status().conflicts == 1)
    }
  }

  @Test func `a review keeps nothing alive that somebody deletes meanwhile`() throws {
    try edit(anna, Hunk(position: 4, deleteCount: 0, insert: "big "))
    try edit(bert, Hunk(position: 8, deleteCount: 0, insert: "!"))
    try meet()
    let review = try #require(try anna.openReviews().first)
    try anna.write { try $0.resolve(review, by: .reviewed) }
    try bert.write { _ = try $0.delete(article) }
    try meet()
    for replica in [anna, bert] {
      #expect(try !replica.detail(of: article).article.isLive)
      #expect(try items(replica).isEmpty)
    }
  }
}

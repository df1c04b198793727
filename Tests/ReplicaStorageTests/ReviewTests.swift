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
    try replica.write { writer in
      let (shown, state) = try #require(try writer.article(article))
      let version = try #require(shown.current)
      let dot = try #require(
        state.entries(of: ArticleField.versions.rawValue).first { $0.value == version.bytes }?.dot
      )
      let text = state.text(TextID(field: ArticleField.body.rawValue, version: version.bytes))
      try writer.append(
        [
          Operation(
            field: ArticleField.body.rawValue,
            kind: .edit,
            names: [dot] + (text?.heads ?? []),
            body: TextEditBody.body([hunk])
          )
        ],
        on: article,
        as: .edit
      )
    }
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
}

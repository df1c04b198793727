import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

/// Where annotations stand after edits and revisions of the text that they are about.
@Suite struct AnchorTests {
  private static let body = """
    The council decided to keep the ferry.

    Members had been asked to choose between a repair and a bridge over the bay.

    The repair costs about a third of what the bridge would.
    """
  private static let quote = "a repair and a bridge over the bay"

  private let world = TestWorld()
  private let anna: Replica
  private let article: ObjectID
  private let annotation: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    let (article, annotation) = try anna.write { writer in
      let article = try writer.importArticle("1", headline: "Ferry", body: Self.body)
      let annotation = try writer.annotate(
        article,
        .passage(Self.quote, occurrence: nil),
        motivation: "commenting",
        note: "which?"
      )
      return (article, annotation)
    }
    (self.article, self.annotation) = (article, annotation)
  }

  private func edit(_ replica: Replica, to text: String) throws {
    try replica.write { _ = try $0.edit(article, to: text) }
  }

  private func revise(_ body: String, on replica: Replica, fetched: Int64 = 5) throws {
    var version = ArticleVersion()
    version.source = "test"
    version.sourceID = "1"
    version.headline = "Ferry"
    version.body = body
    try replica.write {
      _ = try $0.importVersion(
        version,
        raw: Hash(of: version.record),
        fetched: fetched,
        origin: "test"
      )
    }
  }

  /// The state of the annotation, and what stands at its place.
  private func shown(_ replica: Replica) throws -> (PassageState, String?) {
    let detail = try replica.detail(of: article)
    let annotation = try #require(detail.annotations.first)
    let place = try #require(annotation.place)
    let scalars = Array(detail.article.shown.body.unicodeScalars)
    return (place.state, place.range.map { Quote($0, of: scalars).exact })
  }

  @Test func `an edit before a passage leaves it exact`() throws {
    try edit(anna, to: "Yesterday, t" + Self.body.dropFirst())
    let (state, text) = try shown(anna)
    #expect(state == .exact)
    #expect(text == Self.quote)
    #expect(try anna.orphans().isEmpty)
  }

  @Test func `an edit within a passage moves it`() throws {
    try edit(
      anna,
      to: Self.body.replacing("a repair and a bridge", with: "a repair and a new bridge")
    )
    let (state, text) = try shown(anna)
    #expect(state == .moved)
    #expect(text == "a repair and a new bridge over the bay")
  }

  @Test func `a deleted passage is an orphan, with what it was`() throws {
    try edit(anna, to: "The council decided to keep the ferry.")
    #expect(try shown(anna).0 == .orphan)
    let orphan = try #require(try anna.orphans().first)
    #expect(orphan.annotation.target.passage?.quote.exact == Self.quote)
    #expect(orphan.headline == "Ferry")
  }

  @Test func `a passage is carried over to the source's revision`() throws {
    try revise("New: the council met.\n\n" + Self.body, on: anna)
    let (state, text) = try shown(anna)
    #expect(state == .moved)
    #expect(text == Self.quote)
  }

  @Test func `a passage that only resembles waits for a person, and the person's word syncs`()
    throws
  {
    let bert = try world.clone(of: anna, named: "bert")
    try revise(
      Self.body.replacing(Self.quote, with: "the repair, or else a new bridge across the bay"),
      on: anna
    )
    #expect(try shown(anna).0 == .uncertain)
    let orphan = try #require(try anna.orphans(of: article).first)
    #expect(!orphan.candidates.isEmpty)
    try anna.write {
      try $0.reanchor(
        annotation,
        to: .passage("the repair, or else a new bridge across the bay", occurrence: nil)
      )
    }
    _ = try world.sync(anna, with: bert)
    for replica in [anna, bert] {
      let (state, text) = try shown(replica)
      #expect(state == .exact)
      #expect(text == "the repair, or else a new bridge across the bay")
      let annotation = try #require(try replica.detail(of: article).annotations.first)
      #expect(annotation.author == "anna")
      #expect(annotation.note == "which?")
      #expect(try replica.orphans().isEmpty)
    }
  }

  @Test func `two places chosen at once are a conflict that can be settled`() throws {
    let bert = try world.clone(of: anna, named: "bert")
    try anna.write { try $0.reanchor(annotation, to: .passage("keep the ferry", occurrence: nil)) }
    try bert.write {
      try $0.reanchor(annotation, to: .passage("about a third", occurrence: nil))
    }
    _ = try world.sync(anna, with: bert)
    let review = try #require(try bert.openReviews().first)
    #expect(review.article == article)
    try bert.write { try $0.resolve(review, by: .take(2)) }
    _ = try world.sync(bert, with: anna)
    #expect(try anna.openReviews().isEmpty)
    #expect(try shown(anna).1 == shown(bert).1)
    #expect(try shown(anna).0 == .exact)
  }

  @Test func `a place that is not there says so`() throws {
    try edit(anna, to: "The council decided to keep the ferry.")
    for wish in [Reanchoring.shownPlace, .candidate(9), .passage("no such words", occurrence: nil)]
    {
      #expect(throws: ReplicaFailure.self) {
        try anna.write { try $0.reanchor(annotation, to: wish) }
      }
    }
    #expect(try anna.annotationID(String(annotation.bytes.hex.prefix(8))) == annotation)
    #expect(throws: ReplicaFailure.self) { try anna.annotationID("zz") }
  }
}

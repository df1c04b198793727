import ArchiveSimulation
import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

@Suite struct EditingTests {
  private let world = TestWorld()
  private let anna: Replica
  private let bert: Replica
  private let article: ObjectID

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write {
      try $0.importArticle("1", headline: "h", body: "one two three four")
    }
    bert = try world.clone(of: anna, named: "bert")
  }

  private func sync() throws {
    for _ in 0..<2 { _ = try world.sync(anna, with: bert) }
    #expect(try anna.digest() == bert.digest())
  }

  private func body(_ replica: Replica) throws -> String {
    try replica.detail(of: article).article.shown.body
  }

  private func expectRebuildIsByteEqual() throws {
    for replica in [anna, bert] {
      let before = try DerivedState.dump(replica)
      try replica.rebuild()
      #expect(try DerivedState.dump(replica) == before)
    }
  }

  @Test func `an edit stands on what was seen, and merges with what came in meanwhile`() throws {
    let seen = try anna.seenArticle(article)
    // While the editor is open somebody else's edit comes in, of the body and of the headline.
    let other = try bert.seenArticle(article)
    _ = try bert.write {
      try $0.edit(
        other,
        to: ArticleDraft(
          body: "one two three five",
          fields: [(.headline, "bert's")],
          tags: ["new"]
        )
      )
    }
    try sync()
    let outcome = try anna.write {
      try $0.edit(
        seen,
        to: ArticleDraft(body: "zero two three four", fields: [(.headline, "anna's")])
      )
    }
    #expect(outcome.changed == ["body", "headline"])
    try sync()
    for replica in [anna, bert] {
      let shown = try replica.detail(of: article).article
      #expect(shown.shown.body == "zero two three five")
      #expect(shown.conflicts == [.headline])
      #expect(shown.tags == ["new"])
    }
    try expectRebuildIsByteEqual()
  }

  @Test func `an edit that changes nothing writes nothing`() throws {
    let end = try anna.endPosition()
    let seen = try anna.seenArticle(article)
    let outcome = try anna.write {
      try $0.edit(
        seen,
        to: ArticleDraft(
          body: "one two three four",
          fields: [(.headline, "h"), (.byline, nil), (.section, "")],
          tags: []
        )
      )
    }
    #expect(outcome.changed.isEmpty && outcome.change == nil)
    #expect(try anna.endPosition() == end)
  }

  @Test func `an emptied field is corrected to nothing, and one that is gone is withdrawn`() throws
  {
    func edit(_ text: String?) throws -> String {
      let seen = try anna.seenArticle(article)
      _ = try anna.write {
        try $0.edit(seen, to: ArticleDraft(body: "b", fields: [(.headline, text)]))
      }
      return try anna.detail(of: article).article.shown.headline
    }
    #expect(try edit("") == "")
    #expect(try edit(nil) == "h")
  }

  @Test func `all of an edit is one action with its reason`() throws {
    let seen = try anna.seenArticle(article)
    let (action, end) = try anna.write { writer in
      writer.reason = "misspelt"
      _ = try writer.edit(
        seen,
        to: ArticleDraft(body: "x", fields: [(.headline, "y")], tags: ["z"])
      )
      return (writer.action, try writer.state(of: article)?.entries.map(\.dot.seq).max())
    }
    #expect(action != nil && end == action.map { $0.seq + 1 })
  }

  @Test func `two people write one note`() throws {
    let note = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: "compare with June")
    }
    try sync()
    let (left, right) = (try anna.seenNote(of: note), try bert.seenNote(of: note))
    _ = try anna.write { try $0.edit(left, to: "please compare with June") }
    _ = try bert.write { try $0.edit(right, to: "compare with June and July") }
    try sync()
    for replica in [anna, bert] {
      #expect(
        try replica.detail(of: article).annotations.map(\.note)
          == ["please compare with June and July"]
      )
    }
  }

  @Test func `answers stand below what they answer, also when that is deleted`() throws {
    let first = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: "1")
    }
    let second = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: "2")
    }
    let answer = try anna.write { try $0.reply(to: first, note: "1.1") }
    try sync()
    _ = try bert.write { try $0.reply(to: answer, note: "1.1.1") }
    try sync()
    func threads() throws -> [String] {
      try anna.detail(of: article).annotations.map {
        String(repeating: "-", count: $0.thread?.depth ?? -1) + $0.note
          + ($0.thread?.answersDeleted == true ? "!" : "")
      }
    }
    #expect(try threads() == ["1", "-1.1", "--1.1.1", "2"])
    try anna.write { _ = try $0.delete(answer) }
    #expect(try threads() == ["1", "-1.1.1!", "2"])
    #expect(try anna.deletedAnnotations(of: article).map(\.note) == ["1.1"])
    #expect(throws: ReplicaFailure.self) { try anna.write { try $0.reply(to: answer, note: "x") } }
    #expect(throws: ReplicaFailure.self) { try anna.seenNote(of: answer) }
    try sync()
    try bert.write { _ = try $0.restore(answer) }
    try sync()
    #expect(try threads() == ["1", "-1.1", "--1.1.1", "2"])
    #expect(try anna.write { try $0.restore(second) } == nil)
    try expectRebuildIsByteEqual()
  }

  @Test func `an article shows as many tags as a list can hold, and takes no more by hand`() throws
  {
    let tags = (0..<40).map {
      String(repeating: Character(Unicode.Scalar(UInt8(60 + $0))), count: 60_000)
    }
    for half in [tags.prefix(20), tags.suffix(20)] {
      try (half.first == tags.first ? anna : bert).write { writer in
        for tag in half {
          try writer.append(
            [Operation(field: ArticleField.tags.rawValue, kind: .add, body: Array(tag.utf8))],
            on: article,
            as: .annotate
          )
        }
      }
    }
    try sync()
    let shown = Array(tags.prefix(FormatLimits.tagsByteLimit / 60_000))
    for replica in [anna, bert] {
      #expect(try replica.detail(of: article).article.tags == shown)
      #expect(
        try replica.detail(of: article).omissions == [.tags(count: tags.count - shown.count)]
      )
      #expect(try replica.articles().map(\.tags) == [shown])
    }
    try expectRebuildIsByteEqual()
    #expect(throws: ReplicaFailure.self) {
      try anna.write { _ = try $0.tag(article, adding: ["a"], removing: []) }
    }
    // What is there already is nothing new, shown or not.
    #expect(
      try anna.write { try $0.tag(article, adding: [tags[0], tags[39]], removing: []) } == nil
    )
    // Those that are not shown are taken out by their names too.
    try anna.write { _ = try $0.tag(article, adding: [], removing: Array(tags.suffix(10))) }
    try anna.write { _ = try $0.tag(article, adding: ["a"], removing: Array(tags[15...])) }
    try sync()
    #expect(try bert.detail(of: article).article.tags == tags[..<15] + ["a"])
    #expect(try bert.detail(of: article).omissions.isEmpty)
  }

  @Test func `a deleted article is in no list and comes back with all it had`() throws {
    _ = try anna.write { try $0.tag(article, adding: ["t"], removing: []) }
    try anna.write { _ = try $0.delete(article) }
    #expect(try anna.write { try $0.delete(article) } == nil)
    #expect(try anna.articles().isEmpty)
    #expect(try anna.articles(deleted: true).map(\.id) == [article])
    try anna.catchUpSearch()
    #expect(try anna.search("two", limit: 5).hits.isEmpty)
    #expect(throws: ReplicaFailure.self) { try anna.seenArticle(article) }
    #expect(throws: ReplicaFailure.self) {
      try anna.write { try $0.tag(article, adding: ["u"], removing: []) }
    }
    try sync()
    #expect(try bert.articles().isEmpty)
    try bert.write { _ = try $0.restore(article) }
    try sync()
    #expect(try anna.articles().map(\.tags) == [["t"]])
    try anna.catchUpSearch()
    #expect(try anna.search("two", limit: 5).hits.count == 1)
  }

  @Test func `a collection has one order on both replicas`() throws {
    let articles = try anna.write { writer in
      try (2..<7).map { try writer.importArticle("\($0)", headline: "h\($0)") }
    }
    let collection = try anna.write { writer in
      let id = try writer.createCollection(named: "June")
      _ = try writer.add(articles, to: id)
      return id
    }
    try sync()
    func members(_ replica: Replica) throws -> [Int?] {
      try replica.collection(collection).collection.members.map { articles.firstIndex(of: $0) }
    }
    #expect(try members(anna) == [0, 1, 2, 3, 4])
    try anna.write { _ = try $0.move(articles[3], in: collection, to: .first) }
    #expect(try members(anna) == [3, 0, 1, 2, 4])
    try anna.write { _ = try $0.move(articles[0], in: collection, to: .after(articles[2])) }
    #expect(try members(anna) == [3, 1, 2, 0, 4])
    try bert.write { _ = try $0.move(articles[4], in: collection, to: .before(articles[0])) }
    _ = try bert.write { try $0.remove([articles[1]], from: collection) }
    _ = try anna.write { try $0.add([article], to: collection) }
    try sync()
    #expect(try members(anna) == members(bert))
    #expect(Set(try members(anna)) == [0, 2, 3, 4, nil])
    try anna.write { _ = try $0.move(articles[0], in: collection, to: .last) }
    try sync()
    #expect(try members(bert).last == 0)
    #expect(throws: ReplicaFailure.self) {
      try anna.write { _ = try $0.move(articles[1], in: collection, to: .first) }
    }
    try anna.write { _ = try $0.rename(collection, to: "July") }
    #expect(try anna.collections().map(\.name) == ["July"])
    #expect(try anna.collectionID("July") == collection)
    try anna.write { _ = try $0.delete(collection) }
    #expect(try anna.collections().isEmpty)
    try sync()
    try expectRebuildIsByteEqual()
  }

  @Test func `an order is as short as the moves ask for`() throws {
    let articles = try anna.write { writer in
      try (2..<7).map { try writer.importArticle("\($0)", headline: "h\($0)") }
    }
    let collection = try anna.write { writer in
      let id = try writer.createCollection(named: "June")
      _ = try writer.add(articles, to: id)
      return id
    }
    try anna.write { _ = try $0.move(articles[3], in: collection, to: .first) }
    let state = try #require(try anna.write { try $0.state(of: collection) })
    let order = state.entries(of: CollectionField.order.rawValue).map(\.value)
    #expect(order == [articles[3].bytes])
  }

  @Test func `a member is called what it says, everywhere`() throws {
    try bert.write { _ = try $0.setOwnName("Bert B.") }
    #expect(try bert.write { try $0.setOwnName("Bert B.") } == nil)
    try sync()
    for replica in [anna, bert] {
      #expect(try replica.profiles().map(\.name) == ["Bert B.", "anna"])
      #expect(try replica.openReviews().isEmpty)
    }
    #expect(try anna.profiles().map(\.isOwn) == [false, true])
  }

  @Test
  func `one revision fetched on two machines is one version, and the latest fetch is current`()
    throws
  {
    var page = ArticleVersion()
    page.source = "test"
    page.sourceID = "9"
    func fetch(_ headline: String, _ time: Int64, by replica: Replica) throws -> ObjectID {
      page.headline = headline
      let record = page
      return try replica.write {
        try $0.importVersion(
          record,
          raw: Hash(of: Array("\(headline) \(time)".utf8)),
          fetched: time,
          origin: "page"
        ).article
      }
    }
    let id = try fetch("today's", 200, by: anna)
    #expect(try fetch("today's", 201, by: bert) == id)
    try sync()
    #expect(try anna.detail(of: id).versions.map(\.sightings.count) == [2])
    _ = try fetch("last year's", 100, by: bert)
    try sync()
    let shown = try anna.detail(of: id)
    #expect(shown.versions.count == 2)
    #expect(shown.article.shown.headline == "today's")

    try anna.write { _ = try $0.correct(id, [(.headline, "corrected")]) }
    _ = try fetch("tomorrow's", 300, by: bert)
    try sync()
    #expect(try bert.detail(of: id).article.shown.headline == "corrected")
    try anna.write { _ = try $0.correct(id, [(.headline, nil)]) }
    #expect(try anna.detail(of: id).article.shown.headline == "tomorrow's")

    let old = try #require(shown.versions.first { $0.record.headline == "last year's" }).name
    try anna.write { _ = try $0.pin(old, of: id) }
    #expect(try anna.write { try $0.pin(old, of: id) } == nil)
    try sync()
    #expect(try bert.detail(of: id).article.shown.headline == "last year's")
    try bert.write { _ = try $0.pin(nil, of: id) }
    try sync()
    #expect(try anna.detail(of: id).article.shown.headline == "tomorrow's")
  }
}

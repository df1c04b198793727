import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct UndoTests {
  private let world = TestWorld()

  private static let body = "The ferry stays.\n\nIt was late.\n\nThe repair costs a third."

  @Test func `an edit made before three syncs goes, and everybody else's edits stay`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: Self.body) }
    let edit = try anna.write { try $0.replace("stays", by: "will stay afloat", in: article) }
    try settle(anna, bert, carl)
    try bert.write { _ = try $0.replace("afloat", by: "AFLOAT", in: article) }
    try settle(anna, bert, carl)
    try carl.write { _ = try $0.replace("It was late.", by: "It was very late.", in: article) }
    try settle(anna, bert, carl)
    let report = try anna.write { try $0.undo(edit) }
    #expect(report.undone == edit)
    try settle(anna, bert, carl)
    for replica in [anna, bert, carl] {
      // Bert's word is his own; what he replaced was Anna's.
      #expect(
        try replica.body(of: article)
          == "The ferry AFLOATstays.\n\nIt was very late.\n\nThe repair costs a third."
      )
    }
    try expectOneDigest(anna, bert, carl)
  }

  @Test func `an undo and an edit of the same paragraph at the same time converge`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: Self.body) }
    try anna.write { _ = try $0.replace("stays", by: "leaves", in: article) }
    try settle(anna, bert, carl)
    _ = try anna.write { try $0.undoNewest() }
    try bert.write { _ = try $0.replace("The ferry", by: "The old ferry", in: article) }
    try settle(anna, bert, carl)
    for replica in [anna, bert, carl] {
      #expect(try replica.body(of: article).hasPrefix("The old ferry stays."))
    }
    try expectOneDigest(anna, bert, carl)
  }

  @Test func `three notes on a deleted paragraph find their characters again`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: Self.body) }
    for passage in ["It", "was", "late."] {
      try anna.write {
        _ = try $0.annotate(
          article,
          .passage(passage, occurrence: nil),
          motivation: "highlighting",
          note: nil
        )
      }
    }
    #expect(try anna.findsAnchors(of: article))
    try anna.write { _ = try $0.replace("It was late.\n\n", by: "", in: article) }
    #expect(try !anna.findsAnchors(of: article))
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.body(of: article) == Self.body)
    #expect(try anna.findsAnchors(of: article))
    _ = try anna.write { try $0.redoNewest() }
    #expect(try !anna.findsAnchors(of: article))
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.body(of: article) == Self.body)
    #expect(try anna.findsAnchors(of: article))
  }

  @Test func `undo walks back, redo forward, and a new edit ends redo`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "zero") }
    for headline in ["one", "two", "three"] {
      try anna.write { try $0.set(.headline, of: article, to: headline) }
    }
    func undo() throws -> String {
      _ = try anna.write { try $0.undoNewest() }
      return try anna.headline(of: article)
    }
    func redo() throws -> String {
      _ = try anna.write { try $0.redoNewest() }
      return try anna.headline(of: article)
    }
    #expect(try undo() == "two")
    #expect(try undo() == "one")
    #expect(try redo() == "two")
    #expect(try undo() == "one")
    #expect(try undo() == "zero")
    #expect(try [redo(), redo(), redo()] == ["one", "two", "three"])
    #expect(throws: ReplicaFailure.noSuchItem("undo of this replica left to redo")) { try redo() }
    #expect(try undo() == "two")
    try anna.write { try $0.set(.headline, of: article, to: "four") }
    #expect(throws: ReplicaFailure.self) { try redo() }
    #expect(try undo() == "two")
    #expect(try undo() == "one")
  }

  @Test func `the undo of an import deletes what it made, and redo brings it back`() throws {
    let anna = try world.replica(named: "anna")
    let articles = try anna.write { writer in
      try (0..<5).map { try writer.importArticle("\($0)", headline: "h\($0)") }
    }
    let before = try StateDigest.description(of: anna.digest())
    let report = try anna.write { try $0.undoNewest() }
    #expect(report.objectCount == 5)
    #expect(report.left.isEmpty)
    #expect(try anna.articles().isEmpty)
    #expect(throws: ReplicaFailure.noSuchItem("action of this replica left to undo")) {
      try anna.write { try $0.undoNewest() }
    }
    _ = try anna.write { try $0.redoNewest() }
    #expect(try anna.articles().count == articles.count)
    #expect(try StateDigest.description(of: anna.digest()) == before)
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.articles().isEmpty)
  }

  @Test func `a bulk action is undone on every article that nobody changed since`() throws {
    let (anna, bert, carl) = try three()
    let articles = try anna.write { writer in
      try (0..<4).map { try writer.importArticle("\($0)", headline: "h\($0)") }
    }
    try anna.write { writer in
      for article in articles { try writer.set(.section, of: article, to: "World") }
    }
    try settle(anna, bert, carl)
    try bert.write { try $0.set(.section, of: articles[2], to: "Sport") }
    try settle(anna, bert, carl)
    let report = try anna.write { try $0.undoNewest() }
    #expect(report.objectCount == 3)
    #expect(report.left.map(\.object) == [articles[2]])
    #expect(report.left.map(\.remainder) == [.overwritten(field: "section")])
    #expect(
      try articles.map { try anna.detail(of: $0).article.shown.section } == ["", "", "Sport", ""]
    )
  }

  @Test func `what can't be undone changes nothing`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    try anna.write { try $0.set(.headline, of: article, to: "a") }
    try settle(anna, bert, carl)
    try bert.write { try $0.set(.headline, of: article, to: "b") }
    try settle(anna, bert, carl)
    let end = try anna.endPosition()
    #expect(throws: ReplicaFailure.self) { try anna.write { try $0.undoNewest() } }
    #expect(try anna.endPosition() == end)
    #expect(try anna.headline(of: article) == "b")
  }

  @Test func `the undo of a settlement brings the conflict back`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    try settle(anna, bert, carl)
    try anna.write { try $0.set(.headline, of: article, to: "a") }
    try bert.write { try $0.set(.headline, of: article, to: "b") }
    try settle(anna, bert, carl)
    try carl.write { try $0.set(.headline, of: article, to: "c") }
    try settle(anna, bert, carl)
    #expect(try anna.detail(of: article).article.conflicts.isEmpty)
    _ = try carl.write { try $0.undoNewest() }
    try settle(anna, bert, carl)
    #expect(try anna.detail(of: article).article.conflicts == [.headline])
    let values = try anna.write { writer in
      try writer.state(of: article)?.entries(of: ArticleField.headline.rawValue).distinctValues
        .compactMap { RegisterValue.text($0.value) }
    }
    #expect(values?.sorted() == ["a", "b"])
    try expectOneDigest(anna, bert, carl)
  }

  @Test func `the undo of one side of a conflict leaves the other side`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    try anna.write { try $0.set(.headline, of: article, to: "before") }
    try settle(anna, bert, carl)
    try bert.write { try $0.set(.headline, of: article, to: "b") }
    try anna.write { try $0.set(.headline, of: article, to: "a") }
    try settle(anna, bert, carl)
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.headline(of: article) == "b")
    #expect(try anna.detail(of: article).article.conflicts.isEmpty)
  }

  @Test func `a correction without anything before it is withdrawn`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "source's") }
    try anna.write { try $0.set(.headline, of: article, to: "mine") }
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.headline(of: article) == "source's")
  }

  @Test func `tags added go, tags removed come back`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    _ = try anna.write { try $0.tag(article, adding: ["old"], removing: []) }
    _ = try anna.write { try $0.tag(article, adding: ["new"], removing: ["old"]) }
    func tags() throws -> [String] { try anna.detail(of: article).article.tags }
    #expect(try tags() == ["new"])
    _ = try anna.write { try $0.undoNewest() }
    #expect(try tags() == ["old"])
    _ = try anna.write { try $0.redoNewest() }
    #expect(try tags() == ["new"])
    _ = try anna.write { try $0.undoNewest() }
    #expect(try tags() == ["old"])
    _ = try anna.write { try $0.undoNewest() }
    #expect(try tags() == [])
  }

  @Test func `a note that others wrote on outlives the undo of its making, and is listed`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: Self.body) }
    let note = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: "mine")
    }
    try settle(anna, bert, carl)
    try bert.write { try $0.append(" and mine", toNote: note) }
    try settle(anna, bert, carl)
    let report = try anna.write { try $0.undoNewest() }
    #expect(report.left.map(\.remainder) == [.keptAlive])
    #expect(try anna.detail(of: article).annotations.map(\.note) == ["mine and mine"])
    // Once Bert takes his part back, nothing of others is left.
    _ = try anna.write { try $0.redoNewest() }
    try settle(anna, bert, carl)
    _ = try bert.write { try $0.undoNewest() }
    try settle(anna, bert, carl)
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.detail(of: article).annotations.isEmpty)
  }

  @Test func `a deletion is lifted, a restoration taken back`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    func isLive() throws -> Bool { try anna.detail(of: article).article.isLive }
    try anna.write { try $0.deleteEverything(of: article) }
    #expect(try !isLive())
    _ = try anna.write { try $0.undoNewest() }
    #expect(try isLive())
    _ = try anna.write { try $0.redoNewest() }
    #expect(try !isLive())
    try anna.write { try $0.liftDeletions(of: article) }
    _ = try anna.write { try $0.undoNewest() }
    #expect(try !isLive())
    _ = try anna.write { try $0.undoNewest() }
    #expect(try isLive())
  }

  @Test func `an undo does not bring a deleted article back`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    let correction = try anna.write { try $0.correct(article, [(.headline, "mine")]) }
    try anna.write { try $0.deleteEverything(of: article) }
    #expect(throws: ReplicaFailure.self) { try anna.write { try $0.undo(correction) } }
    #expect(try !anna.detail(of: article).article.isLive)
  }

  @Test func `anybody's action can be undone by its name, and an undo by its own`() throws {
    let (anna, bert, carl) = try three()
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    let correction = try anna.write { try $0.correct(article, [(.headline, "anna's")]) }
    try settle(anna, bert, carl)
    let named = try bert.changeID("\(correction.lane.bytes.hex.prefix(6)):\(correction.seq)")
    let undo = try bert.write { try $0.undo(named) }
    #expect(try bert.headline(of: article) == "h")
    // Once undone is enough.
    #expect(throws: ReplicaFailure.self) { try bert.write { try $0.undo(named) } }
    try settle(anna, bert, carl)
    #expect(throws: ReplicaFailure.self) { try anna.write { try $0.undo(correction) } }
    _ = try carl.write { try $0.undo(undo.change) }
    #expect(try carl.headline(of: article) == "anna's")
    try settle(anna, bert, carl)
    // Bert's undo is redone, by Carl: nothing is left for him to redo.
    #expect(throws: ReplicaFailure.self) { try bert.write { try $0.redoNewest() } }
    _ = try anna.write { try $0.undo(correction) }
    #expect(try anna.headline(of: article) == "h")
  }

  @Test func `a new version stays, its sighting goes`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "first") }
    try anna.write { _ = try $0.importArticle("1", headline: "second") }
    let report = try anna.write { try $0.undoNewest() }
    #expect(report.left.map(\.remainder) == [.version])
    let detail = try anna.detail(of: article)
    #expect(detail.versions.count == 2)
    #expect(detail.versions.map { $0.sightings.count }.sorted() == [0, 1])
    #expect(detail.article.shown.headline == "first")
  }

  @Test(arguments: [
    "", ":", "abc", "abcd:", "abcd:0", "abcd:1", "zzzz:1", ":1", "abcd:1:2", "abcd:-1",
  ])
  func `a name that is no change's is refused`(selector: String) throws {
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    #expect(throws: ReplicaFailure.noSuchItem("change \"\(selector)\"")) {
      try anna.changeID(selector)
    }
  }

  @Test func `the stack survives a rebuild`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "zero") }
    try anna.write { try $0.set(.headline, of: article, to: "one") }
    try anna.write { try $0.set(.headline, of: article, to: "two") }
    _ = try anna.write { try $0.undoNewest() }
    try anna.rebuild()
    _ = try anna.write { try $0.undoNewest() }
    #expect(try anna.headline(of: article) == "zero")
    try anna.rebuild()
    _ = try anna.write { try $0.redoNewest() }
    #expect(try anna.headline(of: article) == "one")
  }

  // MARK: - Helpers

  private func three() throws -> (Replica, Replica, Replica) {
    let anna = try world.replica(named: "anna")
    return (
      anna, try world.clone(of: anna, named: "bert"), try world.clone(of: anna, named: "carl")
    )
  }

  private func settle(_ replicas: Replica...) throws {
    for _ in 0..<2 {
      for (left, right) in zip(replicas, replicas.dropFirst()) {
        let result = try world.sync(left, with: right)
        if let failure = result.failures.first { throw failure }
      }
    }
  }

  private func expectOneDigest(_ replicas: Replica...) throws {
    #expect(Set(try replicas.map { StateDigest.description(of: try $0.digest()) }).count == 1)
  }
}

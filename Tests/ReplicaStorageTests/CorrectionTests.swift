import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

/// Corrections of a version that its source revises.
@Suite struct CorrectionTests {
  private let world = TestWorld()
  private let anna: Replica
  private let article: ObjectID
  private static let first = "One two.\n\nThree four.\n\nFive six."

  init() throws {
    anna = try world.replica(named: "anna")
    article = try anna.write { try $0.importArticle("1", headline: "Old", body: Self.first) }
  }

  private func revise(_ body: String, fetched: Int64) throws {
    var version = ArticleVersion()
    version.source = "test"
    version.sourceID = "1"
    version.headline = "Old"
    version.body = body
    let verdict = try anna.write {
      try $0.importVersion(
        version,
        raw: Hash(of: version.record),
        fetched: fetched,
        origin: "test"
      )
    }
    #expect(verdict.verdict == .revised)
  }

  private func correct(_ text: String) throws {
    try anna.write { _ = try $0.edit(article, to: text) }
  }

  private var body: String {
    get throws { try anna.detail(of: article).article.shown.body }
  }

  @Test func `are listed and made again on the revision`() throws {
    try correct("One big two.\n\nThree four.\n\nFive six.")
    #expect(try anna.openCorrections(of: article).isEmpty)
    try revise("One two.\n\nThree four.\n\nFive six. Seven.", fetched: 5)
    #expect(try body == "One two.\n\nThree four.\n\nFive six. Seven.")
    let open = try anna.openCorrections(of: article)
    #expect(open.map(\.authors) == [["anna"]])
    #expect(open.flatMap { $0.difference.changedPassages.map(\.text) } == ["One {+big +}two."])
    let passages = try anna.write { try $0.reapplyCorrections(of: article, version: nil) }
    #expect(passages.isEmpty)
    #expect(try body == "One big two.\n\nThree four.\n\nFive six. Seven.")
    #expect(try anna.openCorrections(of: article).isEmpty)
  }

  @Test func `what the source took over is not made twice`() throws {
    try correct("One big two.\n\nThree 4.\n\nFive six.")
    try revise("One big two.\n\nThree four.\n\nFive six. Seven.", fetched: 5)
    _ = try anna.write { try $0.reapplyCorrections(of: article, version: nil) }
    #expect(try body == "One big two.\n\nThree 4.\n\nFive six. Seven.")
  }

  @Test func `a passage that the source changed too is named`() throws {
    try correct("One big two.\n\nThree four.\n\nFive six.")
    try revise("One two, and more.\n\nThree four.\n\nFive six.", fetched: 5)
    let passages = try anna.write { try $0.reapplyCorrections(of: article, version: nil) }
    #expect(passages == ["One big two, and more."])
    #expect(try body == "One big two, and more.\n\nThree four.\n\nFive six.")
  }

  @Test func `can be let be, and come back when somebody goes on with them`() throws {
    try correct("One big two.\n\nThree four.\n\nFive six.")
    let bert = try world.clone(of: anna, named: "bert")
    try revise("One two.\n\nThree four.\n\nFive six. Seven.", fetched: 5)
    try anna.write { try $0.dismissCorrections(of: article, version: nil) }
    #expect(try anna.openCorrections(of: article).isEmpty)
    #expect(throws: ReplicaFailure.self) {
      try anna.write { _ = try $0.reapplyCorrections(of: article, version: nil) }
    }
    // Bert has not seen the revision yet and corrects the old version.
    let hunk = Hunk(position: 0, deleteCount: 0, insert: "So: ")
    try bert.write { _ = try $0.edit(article, [hunk]) }
    _ = try world.sync(anna, with: bert)
    #expect(try anna.openCorrections(of: article).count == 1)
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage
import Testing

@Suite struct ReplicaTests {
  private let world = TestWorld()

  @Test func `what another archive's WAL left behind is not read into a new one`() throws {
    let folder = TemporaryFolder()
    let path = folder.url.appending(path: "desk.stet").path
    let environment = world.environment(named: "anna")
    let old = try Replica.create(at: path, named: "desk", environment: environment)
    try old.write { _ = try $0.importArticle("1", headline: "of the removed archive") }
    // The process dies here: the WAL stays, and the user removes the file alone.
    let wal = try Data(contentsOf: URL(filePath: path + "-wal"))
    try old.close()
    old.remove()
    try wal.write(to: URL(filePath: path + "-wal"))
    let new = try Replica.create(at: path, named: "desk", environment: environment)
    #expect(try new.articles().isEmpty)
    #expect(try new.endPosition() == 0)
  }

  @Test func `who reads or writes after the file was closed is refused`() throws {
    let folder = TemporaryFolder()
    let path = folder.url.appending(path: "desk.stet").path
    let environment = world.environment(named: "anna")
    let anna = try Replica.create(at: path, named: "desk", environment: environment)
    try anna.close()
    #expect(throws: DatabaseError.self) { try anna.endPosition() }
    #expect(throws: DatabaseError.self) {
      try anna.write { _ = try $0.importArticle("1", headline: "h") }
    }
    #expect(throws: DatabaseError.self) { try anna.joinPacks(keptElsewhere: .everything) }
    try anna.close()
  }

  @Test func `everything is unsent until a remote has it`() throws {
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    #expect(try anna.status().unsent == 2)
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1/desk")
    #expect(try anna.status().unsent == 2)
  }

  @Test func `articles of one date stand in one order on all replicas`() throws {
    let anna = try world.replica(named: "anna")
    let bert = try world.clone(of: anna, named: "bert")
    for number in 0..<8 {
      try (number.isMultiple(of: 2) ? anna : bert).write {
        _ = try $0.importArticle("\(number)", headline: "same word")
      }
    }
    _ = try world.sync(anna, with: bert)
    #expect(try anna.articles().map(\.id) == bert.articles().map(\.id))
    try anna.catchUpSearch()
    try bert.catchUpSearch()
    #expect(
      try anna.search("same", limit: 5).hits.map(\.article.id)
        == bert.search("same", limit: 5).hits.map(\.article.id)
    )
  }

  @Test func `a value that no replica would merge is refused when it is written`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    let large = String(repeating: "x", count: 70_000)
    let end = try anna.endPosition()
    #expect(throws: LogFailure.tooLarge("value")) {
      try anna.write { _ = try $0.correct(article, [(.headline, large)]) }
    }
    #expect(throws: LogFailure.tooLarge("value")) {
      try anna.write { _ = try $0.tag(article, adding: [large], removing: []) }
    }
    #expect(throws: ReplicaFailure.self) {
      try anna.write { _ = try $0.correct(article, [(.headline, "a"), (.headline, "b")]) }
    }
    #expect(try anna.endPosition() == end)
    // A note is a text: its size is bounded by the change alone.
    _ = try anna.write {
      try $0.annotate(article, .wholeArticle, motivation: "commenting", note: large)
    }
    #expect(try anna.detail(of: article).annotations.map(\.note.utf8.count) == [70_000])
  }

  @Test func `an id names an article by its source's id, its own or the beginning of it`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("258804", headline: "h") }
    let id = article.bytes.hex
    for selector in ["258804", id, String(id.prefix(4)), String(id.prefix(7))] {
      #expect(try anna.articleID(selector) == article)
    }
    for selector in ["", "abc", "2588", "zzzz", id + "0"] {
      #expect(throws: ReplicaFailure.self) { try anna.articleID(selector) }
    }
    // Another article whose source's id is the beginning of this one's: neither is taken silently.
    let other = try anna.write { try $0.importArticle(String(id.prefix(6)), headline: "h") }
    #expect(
      throws: ReplicaFailure.ambiguous(
        "\"\(id.prefix(6))\"",
        [other, article].map(\.bytes.hex)
      )
    ) {
      try anna.articleID(String(id.prefix(6)))
    }
  }

  @Test func `a source's tag is struck out and comes back, and a correction can be withdrawn`()
    throws
  {
    let anna = try world.replica(named: "anna")
    var version = ArticleVersion()
    version.source = "wire"
    version.sourceID = "1"
    version.headline = "as published"
    version.tags = ["cocoa", "usa"]
    let article = try anna.write {
      try $0.importVersion(
        version,
        raw: Hash(of: [1]),
        fetched: 0,
        origin: "test"
      ).article
    }
    func tags() throws -> [String] { try anna.detail(of: article).article.tags }
    _ = try anna.write { try $0.tag(article, adding: ["mine"], removing: ["cocoa"]) }
    #expect(try tags() == ["mine", "usa"])
    _ = try anna.write { try $0.tag(article, adding: ["cocoa"], removing: ["mine", "absent"]) }
    #expect(try tags() == ["cocoa", "usa"])
    #expect(try anna.write { try $0.tag(article, adding: ["usa"], removing: []) } == nil)

    try anna.write { _ = try $0.correct(article, [(.headline, "corrected")]) }
    version.headline = "revised"
    version.modified = "1987-03-05"
    let verdict = try anna.write {
      try $0.importVersion(version, raw: Hash(of: [2]), fetched: 1, origin: "test").verdict
    }
    guard case .revised = verdict else {
      Issue.record("not revised")
      return
    }
    #expect(try anna.detail(of: article).article.shown.headline == "corrected")
    try anna.write { _ = try $0.correct(article, [(.headline, nil)]) }
    #expect(try anna.detail(of: article).article.shown.headline == "revised")
  }
}

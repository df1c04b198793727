import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct UndoOrderTests {
  /// Words deleted one after the other, and the order in which the deletions are undone.
  static let orders: [[Int]] = [
    [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ]

  @Test(arguments: orders, orders)
  func `neighbours deleted one by one come back in their order, whichever comes back first`(
    _ deletions: [Int],
    _ undos: [Int]
  ) throws {
    let anna = try TestWorld().replica(named: "anna")
    let article = try anna.write {
      try $0.importArticle("1", headline: "h", body: "<one two three>")
    }
    let words = ["one ", "two ", "three"]
    var edits: [Int: ChangeID] = [:]
    for word in deletions {
      edits[word] = try anna.write { try $0.replace(words[word], by: "", in: article) }
    }
    #expect(try anna.body(of: article) == "<>")
    for word in undos {
      let edit = try #require(edits[word])
      _ = try anna.write { try $0.undo(edit) }
    }
    #expect(try anna.body(of: article) == "<one two three>")
  }

  @Test func `what was written behind a word brought back stays behind it`() throws {
    let anna = try TestWorld().replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "<one two>") }
    let first = try anna.write { try $0.replace("one ", by: "", in: article) }
    let second = try anna.write { try $0.replace("two", by: "", in: article) }
    _ = try anna.write { try $0.undo(second) }
    try anna.write {
      _ = try $0.edit(article, [Hunk(position: 4, deleteCount: 0, insert: ", too")])
    }
    _ = try anna.write { try $0.undo(first) }
    #expect(try anna.body(of: article) == "<one two, too>")
  }
}

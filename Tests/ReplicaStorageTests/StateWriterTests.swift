import ArchiveModel
import CRDT
import ChangeLog
import GRDB
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct StateWriterTests {
  @Test func `what a change to an object costs does not grow with the changes beside it`() throws {
    let few = try Costs(ofChanges: 10)
    let many = try Costs(ofChanges: 200)
    // Of each change its value or edit, and which object it is about.
    #expect(many.rowCount - few.rowCount == 2 * 190)
    for costs in [few, many] {
      #expect(
        costs.count("SELECT field, lane, seq, operation, kind, time, value FROM entries") == 1
      )
      #expect(costs.count("INSERT OR REPLACE INTO articles") == 1)
      #expect(costs.count("INSERT INTO texts") == 1)
      #expect(costs.count("SELECT name, rowid FROM versions") == 1)
    }
  }

  @Test func `what is written one by one is what came to be, also within one change`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
    let bert = try world.clone(of: anna, named: "bert")
    let tags = ArticleField.tags.rawValue
    try anna.write { writer in
      let added = try writer.append(
        [
          Operation(field: tags, kind: .add, body: Array("a".utf8)),
          Operation(field: tags, kind: .add, body: Array("b".utf8)),
        ],
        on: article,
        as: .annotate
      )
      let deleted = try writer.append(
        [
          // The one that is there, one that is not, and one on another object.
          Operation(
            field: tags,
            kind: .remove,
            names: [
              Dot(lane: added.lane, seq: added.seq, index: 1),
              Dot(lane: added.lane, seq: added.seq, index: 9),
              Dot(lane: added.lane, seq: 1, index: 0),
            ]
          ),
          Operation(
            field: 0,
            kind: .delete,
            names: [Dot(lane: added.lane, seq: added.seq, index: 0)]
          ),
        ],
        on: article,
        as: .edit
      )
      try writer.append(
        [
          Operation(
            field: 0,
            kind: .restore,
            names: [Dot(lane: deleted.lane, seq: deleted.seq, index: 1)]
          )
        ],
        on: article,
        as: .edit
      )
    }
    _ = try world.sync(bert, with: anna)
    for replica in [anna, bert] {
      #expect(try replica.articles().map(\.tags) == [["a"]])
      let digest = try replica.digest()
      #expect(try digest == anna.digest())
      try replica.rebuild()
      #expect(try replica.digest() == digest)
    }
  }

  @Test func `edits that wait for the end of a rebuild do not take all memory`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
    let megabyte = String(repeating: "a", count: 1_000_000)
    try anna.write { writer in
      for _ in 0..<20 {
        try writer.edit(
          article,
          [
            Hunk(position: 0, deleteCount: 0, insert: megabyte),
            Hunk(position: 0, deleteCount: megabyte.utf8.count, insert: ""),
          ]
        )
      }
    }
    let digest = try anna.digest()
    let trace = StatementTrace()
    try anna.inspect { db in db.trace { trace.note($0) } }
    try anna.rebuild()
    try anna.inspect { db in db.trace(options: []) }
    // Once when 16 MiB wait, and once at the end.
    #expect(trace.statements.count { $0.hasPrefix("INSERT INTO texts") } == 2)
    #expect(try anna.digest() == digest)
    #expect(try anna.body(of: article) == "one two")
  }
}

/// What a replica did to take in one pack of changes of one article.
private struct Costs {
  /// Rows that were written.
  let rowCount: Int
  private let statements: [String]

  /// - `changeCount`: every other one adds a tag, and every other one edits the body.
  init(ofChanges changeCount: Int) throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
    let bert = try world.clone(of: anna, named: "bert")
    let position = try anna.endPosition()
    try anna.write { writer in
      let version = try writer.state(of: article)?.entries(of: ArticleField.versions.rawValue).first
      var names = [try #require(version).dot]
      for number in 0..<changeCount {
        let isEdit = number % 2 == 0
        let change = try writer.append(
          [
            isEdit
              ? Operation(
                field: ArticleField.body.rawValue,
                kind: .edit,
                names: names,
                body: TextEditBody.body([Hunk(position: 0, deleteCount: 0, insert: "a")])
              )
              : Operation(
                field: ArticleField.tags.rawValue,
                kind: .add,
                body: Array("tag \(number)".utf8)
              )
          ],
          on: article,
          as: .edit
        )
        if isEdit { names = [names[0], Dot(lane: change.lane, seq: change.seq, index: 0)] }
      }
    }
    let packs = try anna.everyPack(after: position)
    #expect(packs.count == 1)
    let trace = StatementTrace()
    let before = try bert.inspect { db in
      db.trace { trace.note($0) }
      return db.totalChangesCount
    }
    _ = try bert.append(packs, from: try anna.storeID())
    let after = try bert.inspect { db in
      db.trace(options: [])
      return db.totalChangesCount
    }
    rowCount = after - before
    statements = trace.statements
    #expect(try bert.digest() == anna.digest())
  }

  /// How often a statement was carried out.
  func count(_ beginning: String) -> Int { statements.count { $0.hasPrefix(beginning) } }
}

/// The statements that a connection carries out.
private final class StatementTrace {
  private(set) var statements: [String] = []

  func note(_ event: Database.TraceEvent) {
    if case .statement(let statement) = event { statements.append(statement.sql) }
  }
}

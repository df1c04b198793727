import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct UndoPropertyTests {
  static let seeds = Seeds.first(200)

  /// Three replicas edit one body and sync now and then; one of them undoes a random edit.
  @Test func `an undo leaves the text that the model says, on every replica`() throws {
    for seed in Self.seeds {
      var play = try UndoPlay(seed: seed)
      for _ in 0..<16 { try play.step() }
      try play.undoOne(seed: seed)
    }
  }

  @Test func `all undone is the text before all, and all redone the text after`() throws {
    for seed in Self.seeds {
      var random = SeededRandom(seed: seed)
      let anna = try TestWorld(seed: seed).replica(named: "anna")
      let article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
      var texts = [try anna.body(of: article)]
      for _ in 0..<8 {
        let count = texts[texts.count - 1].unicodeScalars.count
        let position = Int.random(in: 0...count, using: &random)
        let hunk = Hunk(
          position: position,
          deleteCount: Int.random(in: 0...min(4, count - position), using: &random),
          insert: ["a", "bc", "é", ""][Int.random(in: 0..<4, using: &random)]
        )
        guard hunk.deleteCount > 0 || !hunk.insert.isEmpty else { continue }
        try anna.write { _ = try $0.edit(article, [hunk]) }
        texts.append(try anna.body(of: article))
      }
      for text in texts.dropLast().reversed() {
        _ = try anna.write { try $0.undoNewest() }
        #expect(Array(try anna.body(of: article).utf8) == Array(text.utf8), "seed \(seed)")
      }
      for text in texts.dropFirst() {
        _ = try anna.write { try $0.redoNewest() }
        #expect(Array(try anna.body(of: article).utf8) == Array(text.utf8), "seed \(seed)")
      }
    }
  }
}

private struct UndoPlay {
  private let world: TestWorld
  private var random: SeededRandom
  private var replicas: [Replica]
  private let article: ObjectID
  private var edits: [ChangeID] = []

  private static let words = ["a", "bc", "é", "e\u{301}", "한", "👩‍👩‍👧", "\n\n", ""]

  init(seed: UInt64) throws {
    world = TestWorld(seed: seed)
    random = SeededRandom(seed: seed ^ 0xD0)
    let first = try world.replica(named: "r0")
    article = try first.write { try $0.importArticle("1", headline: "h", body: "one two three") }
    replicas = [
      first, try world.clone(of: first, named: "r1"), try world.clone(of: first, named: "r2"),
    ]
  }

  mutating func step() throws {
    let replica = replicas[Int.random(in: 0..<3, using: &random)]
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4:
      _ = try world.sync(replica, with: replicas[Int.random(in: 0..<3, using: &random)])
    case 4:
      // Some histories already hold undos and redos of what is undone in the end.
      let isRedo = Bool.random(using: &random)
      _ = try? replica.write { isRedo ? try $0.redoNewest() : try $0.undoNewest() }
      if try !replica.detail(of: article).article.isLive {
        _ = try replica.write { try $0.redoNewest() }
      }
    default:
      let count = try replica.body(of: article).unicodeScalars.count
      let position = Int.random(in: 0...count, using: &random)
      let hunk = Hunk(
        position: position,
        deleteCount: Int.random(in: 0...min(4, count - position), using: &random),
        insert: Self.words[Int.random(in: Self.words.indices, using: &random)]
      )
      edits.append(try replica.write { [article] in try $0.edit(article, [hunk]) })
    }
  }

  mutating func undoOne(seed: UInt64) throws {
    guard !edits.isEmpty else { return }
    try settle()
    let replica = replicas[Int.random(in: 0..<3, using: &random)]
    let edit = edits[Int.random(in: edits.indices, using: &random)]
    let log = try replica.history(of: article)
    guard !log.contains(where: { $0.undoes != nil }) else { return try undoAmongUndos(edit, seed) }
    let expected = try replica.bodyHistory(of: article)?.text(without: edit) ?? ""
    let undone: Void? = try? replica.write { _ = try $0.undo(edit) }
    let actual = try replica.body(of: article)
    #expect(Array(actual.utf8) == Array(expected.utf8), "seed \(seed), undone \(undone != nil)")
    try settle()
    try expectConvergence(seed)
  }

  /// Undo, redo and undo again of anything must end where the first undo did, and converge.
  private mutating func undoAmongUndos(_ edit: ChangeID, _ seed: UInt64) throws {
    let replica = replicas[0]
    let before = try replica.body(of: article)
    let identities = try replica.bodyHistory(of: article)?.identities ?? []
    // Two who undo the same deletion at once bring it back twice; the next undo or redo of it settles
    // on one.
    guard Set(identities).count == identities.count else { return }
    guard (try? replica.write { try $0.undo(edit) }) != nil else { return }
    let after = try replica.body(of: article)
    _ = try replica.write { try $0.redoNewest() }
    // Where an undo and a strange insertion met at one place, what comes back again may stand on the
    // other side of it.
    #expect(
      try replica.body(of: article).unicodeScalars.sorted() == before.unicodeScalars.sorted(),
      "seed \(seed)"
    )
    _ = try replica.write { try $0.undo(edit) }
    #expect(
      try replica.body(of: article).unicodeScalars.sorted() == after.unicodeScalars.sorted(),
      "seed \(seed)"
    )
    try settle()
    try expectConvergence(seed)
  }

  private func settle() throws {
    for _ in 0..<2 {
      for (left, right) in zip(replicas, replicas.dropFirst()) {
        if let failure = try world.sync(left, with: right).failures.first { throw failure }
      }
    }
  }

  private func expectConvergence(_ seed: UInt64) throws {
    let digests = try replicas.map { StateDigest.description(of: try $0.digest()) }
    #expect(Set(digests).count == 1, "seed \(seed)")
  }
}

extension TextHistory {
  /// The model: what an edit inserted is not there, and what it alone deleted is.
  fileprivate func text(without edit: ChangeID) -> String {
    let dot = Dot(lane: edit.lane, seq: edit.seq, index: 0)
    return spans.filter { span in
      span.inserted.edit != dot && (!span.isDeleted || span.deletions == [dot])
    }.map(\.text).joined()
  }
}

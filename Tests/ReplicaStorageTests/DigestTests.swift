import ArchiveModel
import GRDB
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct DigestTests {
  @Test func `a digest that was asked for between edits is the one that a rebuild gives`() async {
    let complaints = await Seeds.complaints(Seeds.first(100)) { seed in
      var history = try RandomHistory(seed: seed)
      var random = SeededRandom(seed: seed ^ 0xD16E)
      for _ in 0..<40 {
        try history.step()
        guard Bool.random(using: &random) else { continue }
        _ = try history.replicas[Int.random(in: 0..<history.replicas.count, using: &random)]
          .digest()
      }
      try history.settle()
      for replica in history.replicas {
        let kept = StateDigest.description(of: try replica.digest())
        try replica.rebuild()
        let made = StateDigest.description(of: try replica.digest())
        guard kept == made else { return "\(kept) is kept, and the log gives \(made)" }
      }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints)")
  }

  @Test func `only what has changed is computed again`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let articles = try (0..<20).map { number in
      try anna.write { try $0.importArticle("\(number)", headline: "h\(number)") }
    }
    func keptCount() throws -> Int {
      try anna.inspect { try Int.fetchOne($0, sql: "SELECT count(*) FROM object_digests") ?? 0 }
    }
    #expect(try keptCount() == 0)
    let before = try anna.digest()
    let objectCount = try keptCount()
    #expect(objectCount >= 20)
    try anna.write { _ = try $0.correct(articles[3], [(.headline, "other")]) }
    #expect(try keptCount() == objectCount - 1)
    #expect(try anna.digest() != before)
    #expect(try keptCount() == objectCount)
  }
}

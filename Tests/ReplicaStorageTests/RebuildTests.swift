import ArchiveSimulation
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct RebuildTests {
  @Test(arguments: [UInt64](1...40))
  func `state made anew from the log is byte-equal`(seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for _ in 0..<40 { try history.step() }
    try history.settle()
    for replica in history.replicas {
      let before = try DerivedState.dump(replica)
      let digest = try replica.digest()
      try replica.rebuild()
      #expect(try replica.digest() == digest)
      #expect(try DerivedState.dump(replica) == before)
    }
  }

  @Test func `state is the same whether changes were written here or came by sync`() throws {
    let world = TestWorld()
    let first = try world.replica(named: "anna")
    let article = try first.write { try $0.importArticle("1", headline: "h", body: "one two") }
    try first.write { _ = try $0.tag(article, adding: ["a", "b"], removing: []) }
    try first.write { _ = try $0.correct(article, [(.headline, "better")]) }
    let second = try world.clone(of: first, named: "bert")
    #expect(try first.digest() == second.digest())
    #expect(try first.articles().map(\.headline) == ["better"])
    #expect(try second.articles().map(\.headline) == ["better"])
  }
}

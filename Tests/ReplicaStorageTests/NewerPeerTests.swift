import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct NewerPeerTests {
  /// Field 1000, of 3 bytes: as a message of its own one of an unknown kind.
  private static let unknown: [UInt8] = [0xC2, 0x3E, 3, 1, 2, 3]

  @Test(arguments: [SessionPair.Speaker.dialler, .answerer])
  func `a peer one version newer, which says more than this one understands, is understood`(
    _ newer: SessionPair.Speaker
  ) throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    for number in 0..<4 {
      try anna.write { _ = try $0.importArticle("\(number)", headline: "h") }
    }
    let bert = try world.clone(of: anna, named: "bert")
    try anna.write { _ = try $0.importArticle("a", headline: "h") }
    try bert.write { _ = try $0.importArticle("b", headline: "h") }
    let genesis = try #require(try anna.genesis())
    var changed = 0
    let result = SessionPair(dialler: anna, answerer: bert, clock: world.clock) { sender, message in
      guard sender == newer else { return [message] }
      changed += 1
      // After the greeting kinds of messages that nobody knows may come too.
      return changed == 1 ? [message + Self.unknown] : [Self.unknown, message + Self.unknown]
    }.run(archive: .id(genesis.archive, name: genesis.name))
    #expect(result.dialler?.verdict == .equal)
    #expect(result.failures == [])
    #expect(changed > 3)
    #expect(try anna.digest() == bert.digest())
  }
}

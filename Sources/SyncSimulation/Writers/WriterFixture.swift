package import ChangeLog

/// A made-up archive and those who write it; keys, salts and contents follow from a seed.
package struct WriterFixture: Sendable {
  package let genesis: Genesis
  private let member: PrivateKey
  private var random: SeededRandom

  /// - Throws: ``LogFailure`` for a name that no archive can have.
  package init(seed: UInt64, name: String = "desk") throws {
    random = SeededRandom(seed: seed)
    member = PrivateKey(drawnFrom: &random)
    genesis = try Genesis(creator: member.publicKey, salt: random.bytes(16), name: name)
  }

  /// A new lane, certified by the archive's creator.
  package mutating func lane() throws -> LaneFixture {
    try LaneFixture(archive: genesis.archive, member: member, seed: random.next())
  }

  /// Another machine, whose log is empty.
  package mutating func peer() -> PeerFixture {
    guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
      preconditionFailure("a store id has as many bytes")
    }
    return PeerFixture(store: store)
  }

  /// Packs of several lanes in a causal order; most name changes of other lanes.
  package mutating func history(laneCount: Int, packCount: Int) throws -> [PackFixture] {
    var lanes = try (0..<laneCount).map { _ in try lane() }
    var packs: [PackFixture] = []
    for place in 0..<packCount {
      let author =
        place < laneCount ? place : Int.random(in: 0..<laneCount, using: &random)
      let changeCount = Int.random(in: 1...4, using: &random)
      let named = packs.randomElement(using: &random).map { [$0] } ?? []
      packs.append(try lanes[author].pack(changeCount, naming: named))
    }
    return packs
  }
}

extension PrivateKey {
  init(drawnFrom random: inout SeededRandom) {
    guard let key = PrivateKey(seed: random.bytes(32)) else {
      preconditionFailure("a key's seed has as many bytes")
    }
    self = key
  }
}

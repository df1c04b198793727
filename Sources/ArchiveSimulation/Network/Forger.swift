internal import CRDT
internal import ChangeLog
internal import SyncSimulation

/// A member who writes what no honest program would.
///
/// All of it is rightly signed, with keys that a member of the archive certified: nobody can turn it away
/// for who wrote it.
struct Forger {
  /// Two ways in which the changes of one key go on from one place.
  struct Fork {
    /// What both ways continue; none where they are the key's beginnings.
    let trunk: [PackFixture]
    let ways: [PackFixture]
    /// The lane of the branch that the first way is.
    let branch: LaneID
    /// Goes on after the first way.
    fileprivate let lane: LaneFixture
  }

  /// Where the packs come from, and how many have come.
  var peer: PeerFixture
  private let archive: ArchiveID
  private let member: PrivateKey
  private var random: SeededRandom

  init(archive: ArchiveID, member: PrivateKey, seed: UInt64) {
    self.archive = archive
    self.member = member
    random = SeededRandom(seed: seed)
    guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
      preconditionFailure("a store id has as many bytes")
    }
    peer = PeerFixture(store: store)
  }

  private mutating func lane() throws -> LaneFixture {
    try LaneFixture(archive: archive, member: member, seed: random.next())
  }

  private mutating func changeCount() -> Int { Int.random(in: 1...3, using: &random) }

  // MARK: - What must be taken

  /// A key with two first changes.
  mutating func forkAtTheBeginning() throws -> Fork {
    try fork(lane(), after: [])
  }

  /// A key whose changes go on in two ways after some that are one.
  mutating func forkLater() throws -> Fork {
    var lane = try lane()
    let trunk = try lane.pack(changeCount())
    return try fork(lane, after: [trunk])
  }

  private mutating func fork(_ lane: LaneFixture, after trunk: [PackFixture]) throws -> Fork {
    var (lane, other) = (lane, lane)
    other.diverge()
    let ways = [try lane.pack(changeCount()), try other.pack(changeCount())]
    return Fork(
      trunk: trunk,
      ways: ways,
      branch: lane.branch(beginningWith: ways[0]),
      lane: lane
    )
  }

  /// A key's changes, and a pack of single ones that each leave them after another one.
  mutating func manyBranches() throws -> (trunk: PackFixture, branches: PackFixture) {
    var lane = try lane()
    var trunk: [PackFixture] = []
    var branches: [PackFixture] = []
    for _ in 0..<Int.random(in: 2...6, using: &random) {
      trunk.append(try lane.pack())
      var other = lane
      other.diverge()
      branches.append(try other.pack())
    }
    // Without it the last branch would only go on with the key's lane.
    trunk.append(try lane.pack())
    return (try .joining(trunk), try .joining(branches))
  }

  // MARK: - What must be refused

  /// A pack whose run says that it is of a branch: who writes names the lane of the key.
  func runNamingBranch(of fork: Fork) throws -> PackFixture {
    try fork.lane.pack(of: fork.branch)
  }

  /// A lane's beginning, and a pack that goes on with it and depends on a change of a branch, which it calls
  /// one.
  mutating func dependencyNamingBranch(
    of fork: Fork
  ) throws -> (beginning: PackFixture, lie: PackFixture) {
    var lane = try lane()
    let beginning = try lane.pack()
    return (beginning, try lane.pack(naming: [try fork.ways[0].naming(fork.branch)]))
  }

  /// One pack with both ways of a fork, and all that they continue.
  func bothWays(of fork: Fork) throws -> PackFixture { try .joining(fork.trunk + fork.ways) }
}

internal import ChangeLog
internal import CRDT
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func forksAreKept() throws {
    var writers = try WriterFixture(seed: 21)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    let common = try lane.pack(2)
    var branch = lane
    branch.diverge()
    var third = branch
    third.diverge()
    let packs = [common, try lane.pack(2)]
    let branches = [try branch.pack(3), try branch.pack(1)]
    try archive.append([packs[0], packs[1]], with: &writers)
    // What follows on the second branch is missing as long as its beginning is.
    let missing = ChangeID(lane: lane.id, seq: 5)
    #expect(throws: LogFailure.gap(missing)) { try archive.append([branches[1]], with: &writers) }
    try archive.append([lane.pack()], with: &writers)
    #expect(throws: LogFailure.fork(missing)) { try archive.append([branches[1]], with: &writers) }
    var witness = try writers.lane()
    try archive.append([witness.pack()], with: &writers)
    let reply = try witness.pack(1, naming: [branches[0]])
    var told = writers.peer()
    #expect(throws: LogFailure.fork(missing)) { try archive.append([reply], from: &told) }
    try viewsShowTheFrontier(of: archive)
    // Until the other branch came, nothing of the lane is claimed to whoever spoke of it.
    #expect(try archive.suspects(of: told.store) == [lane.id])

    #expect(try archive.append([branches[0]], with: &writers).newChangeCount == 3)
    #expect(try archive.suspects(of: told.store) == [])
    try viewsShowTheFrontier(of: archive)
    #expect(try archive.append([branches[0]], with: &writers).newChangeCount == 0)
    try archive.append([reply, branches[1], third.pack(2)], with: &writers)
    try viewsShowTheFrontier(of: archive)
    #expect(try archive.frontier().heads.count == 5)
    #expect(try archive.frontier().heads[lane.id]?.seq == 2)
    let audit = try audit(archive, of: writers)
    #expect(try archive.frontier().heads == audit.frontier.heads)
    #expect(audit.packs.prefix(2).map(\.name) == packs.map(\.name))

    // A branch may fork again.
    var late = branch
    late.diverge()
    try archive.append([branch.pack(2), late.pack(1), lane.pack()], with: &writers)
    #expect(try archive.frontier().heads == self.audit(archive, of: writers).frontier.heads)
  }

  func rumoursOfForksStayWithTheirPeer() throws {
    var writers = try WriterFixture(seed: 29)
    let archive = try archive(of: writers)
    let (liar, honest) = (writers.peer(), writers.peer())
    var lane = try writers.lane()
    try archive.append([lane.pack(), lane.pack(2)], with: &writers)
    // Signed by nobody who has the key: the hash before it is refused first.
    var twin = lane
    twin.diverge()
    _ = try twin.pack()
    try archive.append([lane.pack()], with: &writers)
    let forged = try twin.forgedPack()
    let known = ChangeID(lane: lane.id, seq: 4)
    for _ in 0..<2 {
      var peer = liar
      #expect(throws: LogFailure.fork(known)) { try archive.append([forged], from: &peer) }
    }
    #expect(try archive.suspects(of: liar.store) == [lane.id])
    #expect(try archive.suspects(of: honest.store) == [])
    #expect(try archive.view(of: nil, knowing: nil, writing: nil).suspects == [])
    // A session that came to its end has told everything.
    try archive.remember(liar.end)
    #expect(try archive.suspects(of: liar.store) == [])
  }

  func branchesSinceTheQuestionAreSent() throws {
    var writers = try WriterFixture(seed: 31)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    let common = try lane.pack(2)
    var twin = lane
    twin.diverge()
    let ways = [try lane.pack(3), try twin.pack(2)]
    try archive.append([common, ways[0]], with: &writers)
    // The peer holds what both ways have in common, and says so of the one bucket that differs.
    let head = try #require(common.hash(of: ChangeID(lane: lane.id, seq: 2)))
    let claims = ClaimedFrontier(
      buckets: [lane.id.bucket],
      heads: [lane.id: ClaimedHead(seq: 2, hashPrefix: head.prefix)]
    )
    try archive.append([ways[1]], with: &writers)
    let end = try archive.end().position
    let branches = try archive.frontier().heads.keys.filter { $0 != lane.id }
    #expect(branches.count == 2)
    #expect(branches.allSatisfy { !claims.buckets.contains($0.bucket) })
    let sent = try archive.packs(upTo: end, selecting: .beyond(claims))
    #expect(sent.packs.map(\.name) == ways.map(\.name))
    // Where the lane does not differ, its branches do not.
    let named = Set(([lane.id] + branches).map(\.bucket))
    let other = try #require((0...255).first { !named.contains($0) })
    let equal = ClaimedFrontier(buckets: [other], heads: [:])
    #expect(try archive.packs(upTo: end, selecting: .beyond(equal)).packs.isEmpty)
  }

  func forksOfTheBeginningAreKept() throws {
    var writers = try WriterFixture(seed: 26)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    var branch = lane
    branch.diverge()
    try archive.append([lane.pack(), lane.pack(2)], with: &writers)
    try archive.append([branch.pack(3)], with: &writers)
    #expect(try archive.frontier().heads[lane.id] == nil)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
    try archive.append([lane.pack(), branch.pack()], with: &writers)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
  }

  func packsForkInManyPlaces() throws {
    var writers = try WriterFixture(seed: 29)
    var trunk = try writers.lane()
    var witness = try writers.lane()
    var known = [try witness.pack()]
    var twins: [LaneFixture] = []
    var ways: [PackFixture] = []
    for place in 0..<12 {
      var twin = trunk
      twin.diverge()
      known.append(try trunk.pack(place % 3 + 1))
      ways.append(try twin.pack(2))
      twins.append(twin)
    }
    // It goes on from the trunk's end, and the forks before it give it another name.
    let tail = try trunk.pack(3)
    let reply = try witness.pack(1, naming: [tail])
    var archive = try archive(of: writers)
    try archive.append(known + [tail, reply] + ways, with: &writers)
    var frontiers = [try archive.frontier()]
    var random = SeededRandom(seed: 29)
    for (place, order) in [ways, ways.reversed(), ways.shuffled(using: &random)].enumerated() {
      for (end, packs) in [[tail, reply] + order, order + [tail, reply]].enumerated() {
        archive = try self.archive(of: writers, named: "desk-\(place)-\(end)")
        try archive.append(known, with: &writers)
        let pack = try PackFixture.joining(packs)
        for newCount in [28, 0] {
          #expect(try archive.append([pack], with: &writers).newChangeCount == newCount)
        }
        frontiers.append(try archive.frontier())
      }
    }
    #expect(Set(frontiers.map(\.heads)).count == 1)
    // Each way goes on, all in one pack.
    let ends = try twins.indices.map { try twins[$0].pack() } + [trunk.pack()]
    let pack = try PackFixture.joining(ends)
    #expect(try archive.append([pack], with: &writers).newChangeCount == 13)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
  }

  func packsDoNotFork() throws {
    var writers = try WriterFixture(seed: 28)
    let archive = try archive(of: writers)
    // One key forks after its second change, the other with its first one.
    var written = try writers.lane()
    try archive.append([written.pack(2)], with: &writers)
    var forks: [[PackFixture]] = []
    for var lane in [written, try writers.lane()] {
      var ways: [PackFixture] = []
      for _ in 0..<3 {
        var way = lane
        ways.append(try way.pack(2))
        lane.diverge()
      }
      forks.append(ways)
    }
    for ways in forks {
      let pairs = try [(0, 1), (1, 2), (0, 0), (2, 1)].map {
        try PackFixture.joining([ways[$0], ways[$1]])
      }
      // None is known, then one, two, all three.
      for known in [nil] + ways.map(Optional.some) {
        if let known { try archive.append([known], with: &writers) }
        for pair in pairs {
          #expect(throws: LogFailure.malformed("pack")) {
            try archive.append([pair], with: &writers)
          }
        }
      }
    }
    #expect(try archive.frontier().heads.count == 7)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
  }

  func branchesAreNotNamed() throws {
    var writers = try WriterFixture(seed: 27)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    var witness = try writers.lane()
    let beginnings = [try lane.pack(2), try witness.pack()]
    var twin = lane
    twin.diverge()
    let ways = [try lane.pack(), try twin.pack()]
    let branch = lane.branch(beginningWith: ways[0])
    var liar = witness
    let packs = [
      (try lane.pack(of: branch), missing: ChangeID(lane: branch, seq: 1)),
      (try liar.pack(1, naming: [ways[0].naming(branch)]), missing: ChangeID(lane: branch, seq: 3)),
    ]
    try archive.append(beginnings, with: &writers)
    // The second one begins the branch in the very pack that names it, where the first is known.
    var other = witness
    let named = try other.pack(1, naming: [ways[1].naming(lane.branch(beginningWith: ways[1]))])
    let together = try PackFixture.joining([ways[1], named])
    // The second one makes the fork known.
    for way in ways {
      try archive.append([way], with: &writers)
      for (pack, missing) in packs {
        #expect(throws: LogFailure.gap(missing)) { try archive.append([pack], with: &writers) }
      }
      let begun = ChangeID(lane: lane.branch(beginningWith: ways[1]), seq: 3)
      #expect(throws: LogFailure.gap(begun)) { try archive.append([together], with: &writers) }
    }
    #expect(try archive.frontier().heads[branch]?.seq == 3)
    try archive.append([lane.pack(), witness.pack(1, naming: [ways[0]])], with: &writers)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
  }
}

internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func gapsAreRefused() throws {
    var writers = try WriterFixture(seed: 20)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    var dependent = try writers.lane()
    let packs = [try lane.pack(2), try lane.pack(2), try lane.pack(2)]
    let beginning = try dependent.pack()
    let reply = try dependent.pack(1, naming: [packs[1]])
    let missing = ChangeID(lane: lane.id, seq: 1)
    #expect(throws: LogFailure.gap(missing)) { try archive.append([packs[1]], with: &writers) }
    try archive.append([packs[0], beginning], with: &writers)
    for (pack, seq) in [(packs[2], UInt64(4)), (reply, 4)] {
      let missing = ChangeID(lane: lane.id, seq: seq)
      #expect(throws: LogFailure.gap(missing)) { try archive.append([pack], with: &writers) }
    }
    #expect(try audit(archive, of: writers).changes.count == 3)
    try archive.append([packs[1], reply, packs[2]], with: &writers)
    #expect(try audit(archive, of: writers).changes.count == 8)
  }

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
    #expect(throws: LogFailure.fork(missing)) { try archive.append([reply], with: &writers) }
    try viewsShowTheFrontier(of: archive)
    // Until the other branch came, nothing of the lane is claimed.
    #expect(try archive.frontier().claims(differingFrom: [:]).heads[lane.id] == nil)

    #expect(try archive.append([branches[0]], with: &writers).newChangeCount == 3)
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
    // The second one makes the fork known.
    for way in ways {
      try archive.append([way], with: &writers)
      for (pack, missing) in packs {
        #expect(throws: LogFailure.gap(missing)) { try archive.append([pack], with: &writers) }
      }
    }
    #expect(try archive.frontier().heads[branch]?.seq == 3)
    try archive.append([lane.pack(), witness.pack(1, naming: [ways[0]])], with: &writers)
    #expect(try archive.frontier().heads == audit(archive, of: writers).frontier.heads)
  }

  func damagedPacksAreRefused() throws {
    var writers = try WriterFixture(seed: 22)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    try archive.append([lane.pack()], with: &writers)
    let forged = try lane.forgedPack()
    let pack = try lane.pack(2)
    var damaged = [[], Array(pack.bytes.dropLast()), pack.bytes + [0], forged.bytes]
    for place in pack.bytes.indices {
      var bytes = pack.bytes
      bytes[place] ^= UInt8(1 << (place % 8))
      damaged.append(bytes)
    }
    let peer = writers.peer()
    let requests = damaged.map { bytes in
      AppendRequest(
        packs: [PackDelivery(pack: bytes, position: 1, check: peer.end.check)],
        peer: peer.store
      )
    }
    for (place, result) in try archive.append(group: requests).enumerated() {
      #expect(throws: LogFailure.self, "\(damaged[place].hex)") { try result.get() }
    }
    #expect(try archive.known(of: peer.store) == nil)
    #expect(try archive.append([pack], with: &writers).newChangeCount == 2)
    #expect(try audit(archive, of: writers).changes.count == 3)
  }

  func changesDoNotRepeatInOnePack() throws {
    var writers = try WriterFixture(seed: 25)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    let pack = try lane.pack(3)
    let twice = try PackFixture.joining([pack, pack])
    var peers = [writers.peer(), writers.peer(), writers.peer()]
    let results = try archive.append(group: [
      peers[0].request([twice]), peers[1].request([pack]), peers[2].request([twice]),
    ])
    for place in [0, 2] {
      #expect(throws: LogFailure.malformed("pack")) { try results[place].get() }
      #expect(try archive.known(of: peers[place].store) == nil)
    }
    #expect(try results[1].get().newChangeCount == 3)
    #expect(try audit(archive, of: writers).packs.map(\.name) == [pack.name])
  }

  func refusedPacksLeaveNoTrace() throws {
    var writers = try WriterFixture(seed: 23)
    let archive = try archive(of: writers)
    var peer = writers.peer()
    var lane = try writers.lane()
    try archive.append([lane.pack(2)], from: &peer)
    let end = try archive.end()
    var unknownLane = try writers.lane()
    _ = try unknownLane.pack()
    // The first run is right and new; the second has a gap before it.
    let half = try PackFixture.joining([lane.pack(3), unknownLane.pack()])
    #expect(throws: LogFailure.self) { try archive.append([half], from: &peer) }
    #expect(try archive.end() == end)
    // After a gap the two logs are not what was believed: frontiers are asked for next time.
    #expect(try archive.known(of: peer.store) == nil)
    #expect(
      try archive.view(of: nil, knowing: nil, writing: unknownLane.id).peerLane == nil
    )
    #expect(try audit(archive, of: writers).changes.count == 2)
  }

  func refusalsEndOneRequestOnly() throws {
    var writers = try WriterFixture(seed: 24)
    let archive = try archive(of: writers)
    var peers = [writers.peer(), writers.peer()]
    var lanes = [try writers.lane(), try writers.lane()]
    let packs = [try lanes[0].pack(2), try lanes[0].pack(3), try lanes[0].pack(1)]
    let others = [try lanes[1].pack(1), try lanes[1].pack(4)]
    let first = peers[0].request([packs[0]])
    let broken = peers[0].request([packs[2], packs[1]])
    let requests = [
      AppendRequest(packs: first.packs + broken.packs, peer: peers[0].store),
      peers[1].request(others),
    ]
    let results = try archive.append(group: requests)
    #expect(results.count == 2)
    let missing = ChangeID(lane: lanes[0].id, seq: 5)
    #expect(throws: LogFailure.gap(missing)) { try results[0].get() }
    #expect(try results[1].get().newChangeCount == 5)
    #expect(try archive.known(of: peers[0].store) == nil)
    #expect(try archive.known(of: peers[1].store) == peers[1].end)
    #expect(
      try audit(archive, of: writers).packs.map(\.name) == ([packs[0]] + others).map(\.name)
    )
  }
}

internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func appendsMoveTheLog() throws {
    var writers = try WriterFixture(seed: 10)
    let archive = try archive(of: writers)
    var peer = writers.peer()
    var lanes = [try writers.lane(), try writers.lane()]
    var check = LogCheck(store: try archive.end().store)
    var heads: [PackFixture] = []
    for place in lanes.indices {
      let packs = [try lanes[place].pack(2), try lanes[place].pack(3, naming: heads)]
      #expect(try archive.append(packs, from: &peer).newChangeCount == 5)
      heads.append(packs[1])
      for change in packs.flatMap(\.changes) { check.append(change.hash) }
      let end = try archive.end()
      #expect(end.position == UInt64(5 * (place + 1)))
      #expect(end.check == check.prefix)
      #expect(try archive.known(of: peer.store) == peer.end)
      let frontier = Frontier(
        Dictionary(uniqueKeysWithValues: heads.map { ($0.last.lane, $0.head) })
      )
      #expect(try archive.frontier() == frontier)
      #expect(
        try archive.view(of: nil, knowing: nil, writing: nil).frontier == frontier.digest
      )
    }
  }

  func positionsHaveNoHoles() throws {
    var writers = try WriterFixture(seed: 11)
    let archive = try archive(of: writers)
    let history = try writers.history(laneCount: 5, packCount: 40)
    for pack in history { try archive.append([pack], with: &writers) }
    let audit = try audit(archive, of: writers)
    #expect(audit.changes == history.flatMap(\.changes).map(\.id))
    #expect(audit.packs.map(\.name) == history.map(\.name))
  }

  func knownPacksAreNotStoredAgain() throws {
    var writers = try WriterFixture(seed: 12)
    let archive = try archive(of: writers)
    let history = try writers.history(laneCount: 3, packCount: 10)
    var peers = [writers.peer(), writers.peer(), writers.peer()]
    try archive.append(history, from: &peers[0])
    let end = try archive.end()
    #expect(try archive.append(history, from: &peers[1]).newChangeCount == 0)
    #expect(try archive.append([.joining(history)], from: &peers[2]).newChangeCount == 0)
    #expect(try archive.append(history, from: &peers[0]).newChangeCount == 0)
    #expect(try archive.end() == end)
    for peer in peers { #expect(try archive.known(of: peer.store) == peer.end) }
    #expect(try audit(archive, of: writers).packs.map(\.name) == history.map(\.name))
  }

  func partlyKnownPacksAreKeptWhole() throws {
    var writers = try WriterFixture(seed: 13)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    var sameLane = lane
    var otherLane = try writers.lane()
    let short = try lane.pack(2)
    let long = try sameLane.pack(5)
    let joined = try PackFixture.joining([long, sameLane.pack(2), otherLane.pack(3)])
    let counts = try [short, long, joined].map {
      try archive.append([$0], with: &writers).newChangeCount
    }
    #expect(counts == [2, 3, 5])
    let audit = try audit(archive, of: writers)
    #expect(audit.packs.map(\.name) == [short.name, long.name, joined.name])
    #expect(audit.packs.map(\.position) == [2, 7, 17])
    // Goes on after the parts that are there twice.
    let next = try sameLane.pack(1, naming: [joined])
    #expect(try archive.append([next], with: &writers).newChangeCount == 1)
    try self.audit(archive, of: writers)
  }

  func groupsAnswerInOrder() throws {
    var writers = try WriterFixture(seed: 15)
    let archive = try archive(of: writers)
    var peers = [writers.peer(), writers.peer(), writers.peer()]
    var lane = try writers.lane()
    let packs = try (1...3).map { try lane.pack($0) }
    let requests = [
      peers[0].request([packs[0]]), peers[1].request([packs[0], packs[1]]),
      AppendRequest(packs: [], peer: peers[1].store), peers[2].request([packs[2]]),
    ]
    let counts = try archive.append(group: requests).map { try $0.get().newChangeCount }
    #expect(counts == [1, 2, 0, 3])
    #expect(try archive.append(group: []).isEmpty)
    for peer in peers { #expect(try archive.known(of: peer.store) == peer.end) }
    #expect(try audit(archive, of: writers).packs.map(\.name) == packs.map(\.name))
  }
}

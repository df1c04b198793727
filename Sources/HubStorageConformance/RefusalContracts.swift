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

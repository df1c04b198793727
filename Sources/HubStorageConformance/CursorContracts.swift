internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func cursorsHoldAtPackEnds() throws {
    var writers = try WriterFixture(seed: 40)
    let archive = try archive(of: writers)
    let start = try archive.end()
    #expect(try archive.holds(start))
    let history = try writers.history(laneCount: 3, packCount: 12)
    for pack in history { try archive.append([pack], with: &writers) }
    let log = try audit(archive, of: writers)
    let stranger = writers.peer().store
    var check = LogCheck(store: start.store)
    var checks = [check.prefix]
    for change in history.flatMap(\.changes) {
      check.append(change.hash)
      checks.append(check.prefix)
    }
    let ends = Set([0] + log.packs.map(\.position))
    for (place, check) in checks.enumerated() {
      let position = UInt64(place)
      func cursor(_ store: StoreID, _ check: [UInt8]) -> Cursor {
        Cursor(store: store, position: position, check: check)
      }
      #expect(try archive.holds(cursor(start.store, check)) == ends.contains(position))
      #expect(try !archive.holds(cursor(stranger, check)))
      #expect(try !archive.holds(cursor(start.store, check.reversed())))
      #expect(try !archive.holds(cursor(start.store, [])))
    }
    for position in [log.end.position + 1, UInt64(Int64.max)] {
      #expect(
        try !archive.holds(Cursor(store: start.store, position: position, check: log.end.check))
      )
    }
    #expect(
      try !archive.view(of: stranger, knowing: nil, writing: nil).isPeerCursorValid
    )
  }

  func cursorsOfPeersAreRemembered() throws {
    var writers = try WriterFixture(seed: 41)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    var peers = [writers.peer(), writers.peer()]
    #expect(try archive.known(of: peers[0].store) == nil)
    // Seen, and nothing of it was worth a pack.
    try archive.remember(peers[0].end)
    #expect(try archive.known(of: peers[0].store) == peers[0].end)
    #expect(try archive.known(of: peers[1].store) == nil)
    for _ in 0..<3 {
      for place in peers.indices {
        try archive.append([lane.pack()], from: &peers[place])
        #expect(try archive.known(of: peers[place].store) == peers[place].end)
        _ = peers[place].deliver(try writers.history(laneCount: 1, packCount: 1)[0])
        try archive.remember(peers[place].end)
        try archive.remember(peers[place].end)
        for peer in peers[0...place] {
          #expect(try archive.known(of: peer.store) == peer.end)
        }
      }
    }
    #expect(try archive.view(of: nil, knowing: nil, writing: nil).known == nil)
    #expect(try audit(archive, of: writers).changes.count == 6)
  }

  func cursorsStopBeforeDamagedPacks() throws {
    var writers = try WriterFixture(seed: 42)
    let archive = try archive(of: writers)
    var lanes = [try writers.lane(), try writers.lane()]
    var peers = [writers.peer(), writers.peer()]
    var requests: [AppendRequest] = []
    var ends: [ChangeLog.Cursor] = []
    for place in peers.indices {
      let good = peers[place].request([try lanes[place].pack(2)])
      ends.append(peers[place].end)
      let next = peers[place].request([try lanes[place].pack(3)]).packs[0]
      var bytes = next.pack
      bytes[bytes.count / 2] ^= 1
      let damaged = PackDelivery(pack: bytes, position: next.position, check: next.check)
      requests.append(AppendRequest(packs: good.packs + [damaged], peer: peers[place].store))
    }
    for result in try archive.append(group: requests) {
      #expect(throws: LogFailure.self) { try result.get() }
    }
    for (peer, end) in zip(peers, ends) {
      #expect(try archive.known(of: peer.store) == end)
    }
    #expect(try audit(archive, of: writers).changes.count == 4)
  }
}

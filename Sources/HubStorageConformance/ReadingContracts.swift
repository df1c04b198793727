internal import CRDT
internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  /// An archive with a history of which two peers brought a half each, pack by pack in turns.
  private func archiveOfTwoPeers(
    seed: UInt64
  ) throws -> (
    archive: Storage.Archive, history: [PackFixture], peers: [PeerFixture]
  ) {
    var writers = try WriterFixture(seed: seed)
    let archive = try archive(of: writers)
    var peers = [writers.peer(), writers.peer()]
    let history = try writers.history(laneCount: 4, packCount: 24)
    for (place, pack) in history.enumerated() {
      try archive.append([pack], from: &peers[place % 2])
    }
    return (archive, history, peers)
  }

  /// Asked twice: a store may remember what it found the first time.
  func viewsShowTheFrontier(of archive: Storage.Archive) throws {
    for _ in 0..<2 {
      let view = try archive.view(of: nil, knowing: nil, writing: nil)
      #expect(try view.frontier == archive.frontier().digest)
    }
  }

  func batchesOfAnySizeGiveTheSameLog() throws {
    let (archive, history, peers) = try archiveOfTwoPeers(seed: 30)
    let end = try archive.end().position
    let selections: [(PackRequest.Selection, [PackFixture])] = [
      (.beyond(.empty), history), (.notFrom(peers[0].store), history.odd),
    ]
    for (selection, expected) in selections {
      for (packLimit, byteLimit) in [(1, Int.max), (2, 1 << 20), (5, 1500), (24, 700), (99, 1)] {
        var packs: [PackDelivery] = []
        var position: UInt64 = 0
        // One more than there are packs, so that a store which does not move on is found out.
        for _ in 0...expected.count where position < end {
          let batch = try archive.packs(
            after: position,
            upTo: end,
            selecting: selection,
            byteLimit: byteLimit,
            packLimit: packLimit
          )
          packs += batch.packs
          position = batch.position
        }
        #expect(position == end)
        #expect(packs.map(\.name) == expected.map(\.name))
      }
    }
  }

  func batchesKeepTheirLimits() throws {
    let (archive, history, _) = try archiveOfTwoPeers(seed: 31)
    let end = try archive.end().position
    for packLimit in 1...history.count {
      let batch = try archive.packs(upTo: end, packLimit: packLimit)
      #expect(batch.packs.count == packLimit)
      #expect(batch.changeCount == history.prefix(packLimit).changeCount)
    }
    for packCount in 1...history.count {
      let byteCount = history.prefix(packCount).reduce(0) { $0 + $1.bytes.count }
      let exact = try archive.packs(upTo: end, byteLimit: byteCount)
      #expect(exact.packs.count == packCount)
      let scant = try archive.packs(upTo: end, byteLimit: byteCount - 1)
      #expect(scant.packs.count == max(packCount - 1, 1))
    }
    #expect(try archive.packs(upTo: end, byteLimit: 0).packs.count == 1)
  }

  func batchesTellWhereTheyEnd() throws {
    let (archive, history, peers) = try archiveOfTwoPeers(seed: 32)
    let end = try archive.end().position
    for packLimit in 1...(history.count + 1) {
      let batch = try archive.packs(upTo: end, packLimit: packLimit)
      #expect(batch.position == history.prefix(packLimit).changeCount)
    }
    // What the last one read is the last one selected, though others lie behind it.
    let mine = try archive.packs(
      upTo: end,
      selecting: .notFrom(peers[1].store),
      packLimit: history.count / 2
    )
    #expect(mine.packs.count == history.count / 2)
    #expect(mine.position == end)
    let byteCount = history.reduce(0) { $0 + $1.bytes.count }
    #expect(try archive.packs(upTo: end, byteLimit: byteCount).position == end)
    let nothing = try archive.packs(upTo: end, selecting: .beyond(archive.claims()), packLimit: 1)
    #expect(nothing.packs.isEmpty)
    #expect(nothing.changeCount == 0)
    #expect(nothing.position == end)
    #expect(try archive.packs(after: end, upTo: end).position == end)
  }

  func readingStopsWhereItIsTold() throws {
    let (archive, history, _) = try archiveOfTwoPeers(seed: 33)
    let end = try archive.end().position
    let log = try archive.packs(upTo: end).packs
    #expect(log.map(\.name) == history.map(\.name))
    for after in 0...end {
      for upTo in [after, after + 3, end] where upTo <= end {
        let batch = try archive.packs(after: after, upTo: upTo)
        let expected = log.filter { after < $0.position && $0.position <= upTo }
        #expect(batch.packs.map(\.position) == expected.map(\.position))
        #expect(batch.position == upTo)
      }
    }
    let beyond = try archive.packs(after: end, upTo: UInt64(Int64.max))
    #expect(beyond.packs.isEmpty)
  }

  func packsDoNotGoBackToWhoBroughtThem() throws {
    let (archive, history, peers) = try archiveOfTwoPeers(seed: 34)
    let end = try archive.end().position
    var strangers = try WriterFixture(seed: 35)
    let cases = [
      (peers[0].store, history.odd), (peers[1].store, history.even),
      (strangers.peer().store, history),
    ]
    for (peer, expected) in cases {
      let batch = try archive.packs(upTo: end, selecting: .notFrom(peer))
      #expect(batch.packs.map(\.name) == expected.map(\.name))
      #expect(batch.changeCount == expected[...].changeCount)
      #expect(batch.position == end)
    }
  }

  func whatForgottenPeersBroughtIsSent() throws {
    var writers = try WriterFixture(seed: 37)
    let archive = try archive(of: writers)
    let history = try writers.history(laneCount: 2, packCount: 9)
    var (peer, other) = (writers.peer(), writers.peer())
    for pack in history[..<4] { try archive.append([pack], from: &peer) }
    for pack in history[4..<6] { try archive.append([pack], from: &other) }
    // Twice, as by two sessions; and a stranger.
    for store in [peer.store, peer.store, writers.peer().store] { try archive.forget(store) }
    #expect(try archive.known(of: peer.store) == nil)
    #expect(try archive.known(of: other.store) == other.end)
    for pack in history[6...] { try archive.append([pack], from: &peer) }
    #expect(try archive.known(of: peer.store) == peer.end)
    let end = try archive.end().position
    for (store, expected) in [
      (peer.store, history[..<6]), (other.store, history[..<4] + history[6...]),
    ] {
      let batch = try archive.packs(upTo: end, selecting: .notFrom(store))
      #expect(batch.packs.map(\.name) == expected.map(\.name))
    }
    try archive.forget(peer.store)
    #expect(
      try archive.packs(upTo: end, selecting: .notFrom(peer.store)).packs.map(\.name)
        == history.map(\.name)
    )
  }

  func frontiersSelectWhatIsBeyond() throws {
    let (archive, history, _) = try archiveOfTwoPeers(seed: 36)
    let end = try archive.end().position
    let claims = try archive.claims()
    for (lane, head) in claims.heads {
      for seq in 0..<head.seq {
        var heads = claims.heads
        let id = ChangeID(lane: lane, seq: seq)
        let hash = history.compactMap { $0.hash(of: id) }.first
        heads[lane] = hash.map { ClaimedHead(seq: seq, hashPrefix: $0.prefix) }
        let behind = ClaimedFrontier(buckets: claims.buckets, heads: heads)
        let batch = try archive.packs(upTo: end, selecting: .beyond(behind))
        let expected = history.filter { $0.last.lane == lane && $0.last.seq > seq }
        #expect(batch.packs.map(\.name) == expected.map(\.name))
      }
      // Of all other buckets the two sides know that they are equal.
      let one = ClaimedFrontier(buckets: [lane.bucket], heads: [:])
      let batch = try archive.packs(upTo: end, selecting: .beyond(one))
      let expected = history.filter { $0.last.lane.bucket == lane.bucket }
      #expect(batch.packs.map(\.name) == expected.map(\.name))
      #expect(batch.position == end)
    }
    #expect(try archive.packs(upTo: end, selecting: .beyond(.empty)).packs.count == history.count)
    #expect(try archive.packs(upTo: end, selecting: .beyond(claims)).packs.isEmpty)
  }

  func viewsTellThePeersLane() throws {
    var writers = try WriterFixture(seed: 37)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    #expect(try archive.view(of: nil, knowing: nil, writing: lane.id).peerLane == nil)
    let packs = [try lane.pack(3), try lane.pack(2)]
    for pack in packs {
      try archive.append([pack], with: &writers)
      let view = try archive.view(of: nil, knowing: nil, writing: lane.id)
      #expect(
        view.peerLane == ClaimedHead(seq: pack.head.seq, hashPrefix: pack.head.hash.prefix)
      )
      #expect(view.ownLane == nil)
    }
  }
}

extension LogStore {
  /// The store's frontier as a peer that holds all of it would tell it.
  fileprivate func claims() throws -> ClaimedFrontier {
    ClaimedFrontier(
      buckets: Set(0...255),
      heads: try frontier().heads.mapValues {
        ClaimedHead(seq: $0.seq, hashPrefix: $0.hash.prefix)
      }
    )
  }
}

extension [PackFixture] {
  /// Numbers 0, 2, 4 and so on.
  fileprivate var even: [PackFixture] { enumerated().filter { $0.offset % 2 == 0 }.map(\.element) }
  /// Numbers 1, 3, 5 and so on.
  fileprivate var odd: [PackFixture] { enumerated().filter { $0.offset % 2 == 1 }.map(\.element) }
}

extension ArraySlice<PackFixture> {
  fileprivate var changeCount: Int { reduce(0) { $0 + $1.changes.count } }
}

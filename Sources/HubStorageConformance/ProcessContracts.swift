internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Synchronization
internal import Testing

extension HubBench {
  func everythingIsThereAfterReopening() throws {
    var writers = try WriterFixture(seed: 50)
    let history = try writers.history(laneCount: 4, packCount: 20)
    var peer = writers.peer()
    var end: Cursor?
    do {
      let archive = try archive(of: writers)
      for pack in history { try archive.append([pack], from: &peer) }
      end = try archive.end()
    }
    let storage = try open()
    #expect(try storage.archiveNames() == ["desk"])
    let archive = try storage.archive(named: "desk")
    #expect(try archive.genesis()?.bytes == writers.genesis.bytes)
    #expect(try archive.end() == end)
    #expect(try archive.known(of: peer.store) == peer.end)
    #expect(
      try archive.packs(upTo: peer.end.position, selecting: .notFrom(peer.store)).packs.isEmpty
    )
    #expect(try audit(archive, of: writers).packs.map(\.name) == history.map(\.name))
  }

  func processesSeeEachOther() throws {
    var writers = try WriterFixture(seed: 51)
    let archives = [try archive(of: writers), try open().archive(named: "desk")]
    let history = try writers.history(laneCount: 4, packCount: 20)
    var peer = writers.peer()
    for (place, pack) in history.enumerated() {
      let (one, other) = (archives[place % 2], archives[1 - place % 2])
      #expect(try one.append([pack], from: &peer).newChangeCount == pack.changes.count)
      #expect(try other.end() == one.end())
      #expect(try other.known(of: peer.store) == peer.end)
      #expect(try other.append([pack], with: &writers).newChangeCount == 0)
      try viewsShowTheFrontier(of: one)
      try viewsShowTheFrontier(of: other)
    }
    for archive in archives {
      #expect(try audit(archive, of: writers).packs.map(\.name) == history.map(\.name))
    }
  }

  func threadsTakeTurns() throws {
    let writers = try WriterFixture(seed: 52)
    let archive = try archive(of: writers)
    try takeTurns([archive, archive], writers)
  }

  func processesTakeTurns() throws {
    let writers = try WriterFixture(seed: 53)
    let archives = [try archive(of: writers), try open().archive(named: "desk")]
    try takeTurns(archives, writers)
  }

  /// Appends through each archive at once: what is common to both, mixed with what is its own.
  private func takeTurns(_ archives: [Storage.Archive], _ writers: WriterFixture) throws {
    var writers = writers
    let common = try writers.history(laneCount: 3, packCount: 60)
    let own = try archives.map { _ in try writers.history(laneCount: 2, packCount: 60) }
    let peers = archives.map { _ in writers.peer() }
    let results = concurrently(archives.count) { place in
      var peer = peers[place]
      return try zip(common, own[place]).reduce(0) { count, packs in
        let receipt = try archives[place].append([packs.0, packs.1], from: &peer)
        return count + receipt.newChangeCount
      }
    }
    let newChangeCount = try results.reduce(0) { try $0 + $1.get() }
    let expected = (common + own.joined()).flatMap(\.changes).map(\.id)
    #expect(newChangeCount == expected.count)
    for archive in archives {
      let audit = try audit(archive, of: writers)
      #expect(audit.changes.count == expected.count)
      #expect(Set(audit.changes) == Set(expected))
    }
  }

  func readersSeeTheLogGrow() throws {
    var writers = try WriterFixture(seed: 54)
    let archive = try archive(of: writers)
    let readers = [archive, try open().archive(named: "desk")]
    let history = try writers.history(laneCount: 4, packCount: 60)
    let peer = writers.peer()
    let start = LogAudit(of: writers.genesis.archive, store: try archive.end().store)
    let isWritten = Atomic(false)
    let results = concurrently(3) { place -> LogAudit? in
      if place == 0 {
        defer { isWritten.store(true, ordering: .sequentiallyConsistent) }
        var peer = peer
        for pack in history { try archive.append([pack], from: &peer) }
        return nil
      }
      return try follow(readers[place - 1], from: start) {
        isWritten.load(ordering: .sequentiallyConsistent)
      }
    }
    let audits = try results.compactMap { try $0.get() }
    #expect(audits.count == 2)
    for audit in audits { #expect(audit.packs.map(\.name) == history.map(\.name)) }
  }

  /// Reads what comes until everything is written, and judges it as it comes.
  private func follow(
    _ archive: Storage.Archive,
    from start: LogAudit,
    untilWritten isWritten: () -> Bool
  ) throws -> LogAudit {
    var audit = start
    while true {
      // Asked before reading: what is written by then, the reading finds.
      let isLast = isWritten()
      let view = try archive.view(of: nil, knowing: audit.end, writing: nil)
      guard view.isPeerCursorValid else { throw LogFlaw("a cursor no longer holds") }
      let batch = try archive.packs(after: audit.end.position, upTo: view.end.position)
      for delivery in batch.packs { try audit.read(delivery) }
      guard audit.end == view.end else { throw LogFlaw("a view tells more than can be read") }
      if isLast { return audit }
    }
  }
}

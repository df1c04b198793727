import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite final class JoiningTests {
  private let world = TestWorld()
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Writes so many packs of one change.
  private func write(_ count: Int, to replica: Replica, from first: Int) throws {
    for number in first..<(first + count) {
      try replica.write {
        _ = try $0.importArticle("\(number)", headline: "h\(number)", body: "one two \(number)")
      }
    }
  }

  private func packs(
    of replica: Replica,
    after position: UInt64 = 0,
    upTo end: UInt64 = .max,
    _ selection: PackRequest.Selection = .beyond(.empty),
    packLimit: Int = .max
  ) throws -> PackBatch {
    try replica.packs(
      PackRequest(
        after: position,
        upTo: end,
        selection: selection,
        byteLimit: .max,
        packLimit: packLimit
      )
    )
  }

  /// The places where packs end.
  private func places(of replica: Replica) throws -> [Cursor] {
    let store = try replica.storeID()
    return try packs(of: replica).packs.map {
      Cursor(store: store, position: $0.position, check: $0.check)
    }
  }

  private func holds(_ cursor: Cursor, _ replica: Replica) throws -> Bool {
    try replica.view(of: nil, knowing: cursor, writing: nil).isPeerCursorValid
  }

  /// The hash of every change, in the log's order; it has one lane.
  private func changeHashes(of replica: Replica) throws -> [Hash] {
    var hashes: [Hash] = []
    for run in try packs(of: replica).packs.flatMap({ try Pack($0.pack).runs }) {
      if let key = run.writingKey, let archive = try replica.genesis()?.archive {
        hashes.append(.beforeLane(archive: archive, writingKey: key))
      }
      for (header, payload) in zip(run.headers, run.payloads) {
        hashes.append(
          Hash(of: hashes.last?.bytes ?? [], Hash(of: header).bytes, Hash(of: payload).bytes)
        )
      }
    }
    return Array(hashes.dropFirst())
  }

  @Test func `the log stays as it was at every place where a pack ended`() throws {
    let file = path("anna.stet")
    let anna = try Replica.create(
      at: file,
      named: "desk",
      environment: world.environment(named: "anna")
    )
    try write(40, to: anna, from: 0)
    let (before, end, digest) = (try places(of: anna), try anna.frontier(), try anna.digest())
    let history = try anna.actions(limit: 100).map(\.action)
    let tally = try anna.joinPacks(keptElsewhere: .everything)
    #expect(tally.isAtEnd)
    #expect(tally.joinedCount > 35)
    #expect(tally.byteCount < tally.byteCountBefore)
    let after = try places(of: anna)
    #expect(after.count == before.count - tally.joinedCount + tally.madeCount)
    #expect(after.last == before.last)
    #expect(Set(after).isSubset(of: before))
    for cursor in before {
      #expect(try holds(cursor, anna))
      let wrong = Cursor(store: cursor.store, position: cursor.position, check: before[0].check)
      #expect(try holds(wrong, anna) == (cursor == before[0]))
    }
    #expect(try anna.frontier() == end)
    #expect(try anna.digest() == digest)
    #expect(try anna.actions(limit: 100).map(\.action) == history)
    // A second one finds nothing to do.
    let again = try anna.joinPacks(keptElsewhere: .everything)
    #expect((again.joinedCount, again.isAtEnd) == (0, true))
    #expect(try places(of: anna) == after)
    try anna.rebuild()
    #expect(try anna.digest() == digest)
    try anna.close()
    #expect(try Replica.verify(file, .full, lockTimeout: 1).damages.isEmpty)
  }

  @Test func `no cursor holds inside of a run`() throws {
    let anna = try world.replica(named: "anna")
    for first in [0, 10, 20] {
      try anna.write { writer in
        for number in first..<(first + 5) {
          try writer.importArticle("\(number)", headline: "h\(number)")
        }
      }
    }
    let places = try places(of: anna)
    let store = try anna.storeID()
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    var check = LogCheck(store: store)
    for (offset, hash) in try changeHashes(of: anna).enumerated() {
      check.append(hash)
      let cursor = Cursor(store: store, position: UInt64(offset) + 1, check: check.prefix)
      #expect(try holds(cursor, anna) == places.contains(cursor))
    }
  }

  @Test func `from any old place to any other goes what lies between, and nothing else`() throws {
    let anna = try world.replica(named: "anna")
    try write(12, to: anna, from: 0)
    let places = try [0] + places(of: anna).map(\.position)
    let checks = try packs(of: anna).packs.map(\.check)
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    for (first, begin) in places.enumerated() {
      let copy = try Replica.createForCloning(
        at: nil,
        from: "memory",
        environment: world.environment(named: "copy")
      )
      try copy.adopt(#require(try anna.genesis()))
      let store = try anna.storeID()
      _ = try copy.append(packs(of: anna, upTo: begin).packs, from: store)
      #expect(try copy.endPosition() == begin)
      for (last, end) in places.enumerated().dropFirst(first + 1) {
        let batch = try packs(of: anna, after: begin, upTo: end)
        #expect((batch.position, batch.changeCount) == (end, Int(end - begin)))
        #expect(batch.packs.last?.position == end)
        #expect(batch.packs.last?.check == checks[last - 1])
        #expect(try batch.packs.reduce(0) { try $0 + Pack($1.pack).changeCount } == end - begin)
      }
      _ = try copy.append(packs(of: anna, after: begin).packs, from: store)
      #expect(try copy.frontier() == anna.frontier())
      #expect(try copy.endPosition() == anna.endPosition())
    }
  }

  @Test func `a peer whose cursor is inside goes on in one exchange, and gets nothing twice`()
    throws
  {
    let anna = try world.replica(named: "anna")
    try write(20, to: anna, from: 0)
    let bert = try world.clone(of: anna, named: "bert")
    try write(20, to: anna, from: 100)
    let place = try #require(try bert.view(of: anna.storeID(), knowing: nil, writing: nil).known)
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    #expect(!(try places(of: anna).contains(place)))
    // Anna dials, so Bert's cursor is what the session goes by.
    let outcome = try #require(try world.sync(anna, with: bert).dialler)
    #expect(outcome.verdict == .equal)
    #expect((outcome.tally.changesSent, outcome.tally.roundTrips) == (20, 2))
    #expect(try bert.endPosition() == anna.endPosition())
    #expect(try bert.digest() == anna.digest())
    let nothing = try #require(try world.sync(bert, with: anna).dialler)
    #expect((nothing.verdict, nothing.tally.roundTrips) == (.equal, 1))
  }

  @Test func `a peer that nobody has a cursor of gets the runs that it lacks`() throws {
    let anna = try world.replica(named: "anna")
    try write(20, to: anna, from: 0)
    let bert = try world.clone(of: anna, named: "bert")
    try write(20, to: anna, from: 100)
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    // Bert dials and names no cursor: frontiers are exchanged.
    let outcome = try #require(try world.sync(bert, with: anna).dialler)
    #expect((outcome.verdict, outcome.tally.changesReceived) == (.equal, 20))
    #expect(try bert.endPosition() == anna.endPosition())
    #expect(try bert.digest() == anna.digest())
  }

  @Test func `packs that different stores brought stay apart`() throws {
    let anna = try world.replica(named: "anna")
    let bert = try world.clone(of: anna, named: "bert")
    for number in 0..<5 {
      try write(4, to: anna, from: 100 * number)
      try write(4, to: bert, from: 100 * number + 50)
      _ = try world.sync(anna, with: bert)
    }
    let own = try packs(of: anna, .notFrom(bert.storeID())).changeCount
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount >= 5)
    let batch = try packs(of: anna, .notFrom(bert.storeID()))
    #expect(batch.changeCount == own)
    let lanes = try batch.packs.flatMap { try Pack($0.pack).runs.map(\.lane) }
    #expect(Set(lanes).count == 1)
    #expect(try #require(try world.sync(anna, with: bert).dialler).tally.roundTrips == 1)
  }

  @Test func `what no remote has yet stays in packs of its own`() throws {
    let anna = try world.replica(named: "anna")
    #expect(try anna.keptElsewhere() == KeptElsewhere(upTo: 0, from: []))
    try write(10, to: anna, from: 0)
    #expect(try anna.joinPacks(keptElsewhere: anna.keptElsewhere()).joinedCount == 0)
    try anna.addRemote(named: "origin", address: "memory")
    let bert = try world.clone(of: anna, named: "bert")
    let sent = try anna.endPosition()
    try anna.noteReached(remote: "origin", store: bert.storeID(), clockOffset: 0, sent: sent)
    try write(10, to: anna, from: 100)
    try write(10, to: bert, from: 200)
    _ = try world.sync(bert, with: anna)
    // The first ten of Anna's, and what Bert brought, which Bert has.
    let unsent = try packs(of: anna, after: sent, upTo: sent + 10).packs.map(\.position)
    let tally = try anna.joinPacks(keptElsewhere: anna.keptElsewhere())
    #expect(tally.joinedCount >= 20)
    #expect(try packs(of: anna, after: sent, upTo: sent + 10).packs.map(\.position) == unsent)
    #expect(unsent.count == 10)
  }

  @Test func `a bundle begins inside, since a cursor and since a time`() throws {
    let anna = try world.replica(named: "anna")
    try write(10, to: anna, from: 0)
    let bert = try world.clone(of: anna, named: "bert")
    let cursor = try #require(try places(of: anna).last)
    let noon = world.clock.now + 1
    try write(9, to: anna, from: 100)
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    #expect(!(try places(of: anna).contains(cursor)))
    let beginning = try anna.bundleBeginning(at: cursor)
    #expect(try anna.bundleBeginning(at: noon) == beginning)
    let head = try anna.writeBundle(to: path("since.bundle"), from: beginning)
    #expect((head.begin, head.changeCount) == (cursor, 9))
    let outcome = try bert.apply(BundleReader(path("since.bundle")))
    #expect(outcome.newChangeCount == 9)
    #expect(outcome.isEqual)
    #expect(try bert.endPosition() == anna.endPosition())
  }

  @Test func `a backup from before goes on behind its place, and restores whole`() throws {
    let anna = try world.replica(named: "anna")
    let backup = folder.appending(path: "backup")
    try write(10, to: anna, from: 0)
    _ = try anna.backUp(to: backup)
    try write(9, to: anna, from: 100)
    #expect(try anna.joinPacks(keptElsewhere: .everything).madeCount > 0)
    #expect(try anna.backUp(to: backup).newChangeCount == 9)
    #expect(try anna.joinPacks(keptElsewhere: .everything).joinedCount == 0)
    #expect(try anna.backUp(to: backup).newByteCount == 0)
    try write(5, to: anna, from: 200)
    _ = try anna.joinPacks(keptElsewhere: .everything)
    #expect(try anna.backUp(to: backup).newChangeCount == 5)
    let reader = try LogBackupReader(backup)
    let state = try Replica.check(reader, environment: world.environment(named: "check"))
    #expect(state == StateDigest.description(of: try anna.digest()))
  }

  @Test func `a log that grows by small packs is not written anew each time`() throws {
    let anna = try world.replica(named: "anna")
    var byteCount = 0
    var written = 0
    for number in 0..<200 {
      let end = try anna.endPosition()
      try write(1, to: anna, from: number)
      byteCount += try packs(of: anna, after: end).packs.reduce(0) { $0 + $1.pack.count }
      written += try anna.joinPacks(keptElsewhere: .everything).byteCountBefore
    }
    // Each is written anew no more often than its pack doubles: 200 < 2^8.
    #expect(written < 8 * byteCount)
    #expect(try packs(of: anna).packs.count <= 9)
  }

  @Test func `one that is broken off anywhere leaves the log whole, and goes on`() throws {
    for stop in [0, 1, 7, 25, 41, 42] {
      let anna = try world.replica(named: "anna")
      try write(40, to: anna, from: 0)
      let (end, digest) = (try places(of: anna).last, try anna.digest())
      var asked = 0
      let tally = try anna.joinPacks(
        keptElsewhere: .everything,
        mayGoOn: {
          asked += 1
          return asked <= stop
        }
      )
      #expect(tally.settledPosition <= tally.position)
      #expect(try packs(of: anna).changeCount == Int(anna.endPosition()))
      #expect(try anna.joinPacks(keptElsewhere: .everything).isAtEnd)
      #expect(try anna.joinPacks(keptElsewhere: .everything).joinedCount == 0)
      #expect(try places(of: anna).last == end)
      try anna.rebuild()
      #expect(try anna.digest() == digest)
    }
  }

  @Test func `random histories converge however packs are joined meanwhile`() async {
    let complaints = await Seeds.complaints(Seeds.first(200)) { seed in
      var history = try RandomHistory(seed: seed)
      var random = SeededRandom(seed: seed ^ 0x101A)
      // The last replica never joins.
      let joining = history.replicas.dropLast()
      for _ in 0..<40 {
        try history.step()
        guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
        let replica = joining[Int.random(in: 0..<joining.count, using: &random)]
        let end = try replica.view(of: nil, knowing: nil, writing: nil).end
        _ = try replica.joinPacks(keptElsewhere: .everything)
        guard try replica.view(of: nil, knowing: end, writing: nil).isPeerCursorValid,
          try replica.joinPacks(keptElsewhere: .everything).joinedCount == 0
        else { return "a joined log is another one, or is joined again" }
      }
      try history.settle()
      let digests = try history.replicas.map { StateDigest.description(of: try $0.digest()) }
      guard Set(digests).count == 1 else { return "digests differ: \(digests)" }
      for replica in history.replicas {
        try replica.rebuild()
        guard try StateDigest.description(of: replica.digest()) == digests[0] else {
          return "a log gives another state"
        }
      }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }
}

import ChangeLog
import Foundation
import GRDB
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Synchronization
import Testing

@Suite final class CompactionTests {
  private let folder: TemporaryFolder
  private let backup: TemporaryFolder
  private let storage: SQLiteHubStorage
  private let archive: SQLiteHubArchive
  private var lane: TextLane
  private var peer: PeerFixture

  init() throws {
    folder = try TemporaryFolder()
    backup = try TemporaryFolder()
    storage = try SQLiteHubStorage(folder: folder.url)
    try storage.createArchive(named: "desk")
    archive = try storage.archive(named: "desk")
    var writer = try WriterFixture(seed: 1)
    try archive.adopt(writer.genesis)
    lane = try TextLane(archive: writer.genesis.archive)
    peer = writer.peer()
  }

  deinit {
    try? storage.close()
    folder.remove()
    backup.remove()
  }

  /// Fills the archive with packs that were compressed fast.
  private func fill(_ packCount: Int) throws {
    let packs = try (0..<packCount).map { _ in peer.deliver(try lane.pack()) }
    _ = try archive.append(packs, from: peer.store)
  }

  private func execute(_ sql: String) throws {
    let database = try DatabaseQueue(path: folder.url.appending(path: "desk.hub").path)
    try database.write { try $0.execute(sql: sql) }
    try database.close()
  }

  private func damages() throws -> [Damage] { try storage.verify("desk", .full).damages }

  @Test(arguments: [LogCompaction.Pace.gentle, .full])
  func `packs become smaller, and the log stays as it was`(pace: LogCompaction.Pace) throws {
    try fill(30)
    let before = try archive.everyPack()
    let view = try archive.view(of: peer.store, knowing: nil, writing: nil)
    let tally = try storage.compact("desk", pace)
    #expect(tally.isAtEnd)
    #expect(tally.packCount == 30)
    #expect(tally.replacedCount == 30)
    #expect(tally.position == view.end.position)
    #expect(tally.byteCountBefore == before.reduce(0) { $0 + $1.pack.count })
    #expect(tally.byteCount < tally.byteCountBefore * 97 / 100)
    #expect(tally.plainByteCount > tally.byteCountBefore)
    let after = try archive.everyPack()
    #expect(after.reduce(0) { $0 + $1.pack.count } == tally.byteCount)
    #expect(after.map(\.position) == before.map(\.position))
    #expect(after.map(\.check) == before.map(\.check))
    for (pack, former) in zip(after, before) {
      #expect(try Pack(pack.pack).runs.map(\.payloads) == Pack(former.pack).runs.map(\.payloads))
    }
    let now = try archive.view(of: peer.store, knowing: view.end, writing: nil)
    #expect(now.isPeerCursorValid)
    #expect((now.end, now.frontier) == (view.end, view.frontier))
    #expect(now.known == view.known)
    #expect(try damages().isEmpty)
    // A second one finds nothing to do.
    let again = try storage.compact("desk", pace)
    #expect(again.replacedCount == 0)
    #expect(again.byteCount == tally.byteCount)
  }

  @Test func `one that was broken off anywhere goes on where it was`() throws {
    try fill(20)
    for stop in [0, 1, 5, 9] {
      let asked = Mutex(0)
      let tally = try storage.compact("desk", .gentle) {
        asked.withLock { asked in
          defer { asked += 1 }
          return asked < stop
        }
      }
      #expect(!tally.isAtEnd)
      #expect(tally.packCount == stop)
      #expect(try damages().isEmpty)
    }
    let rest = try storage.compact("desk", .full)
    #expect(rest.isAtEnd)
    #expect(rest.packCount == 20)
    #expect(rest.replacedCount == 11)
    try fill(3)
    let new = try storage.compact("desk", .full, after: rest.position)
    #expect((new.packCount, new.replacedCount) == (3, 3))
    #expect(try damages().isEmpty)
  }

  @Test func `a peer that pulls in the middle gets everything`() throws {
    try fill(24)
    let first = try archive.packs(
      PackRequest(
        after: 0,
        upTo: .max,
        selection: .beyond(.empty),
        byteLimit: .max,
        packLimit: 7
      )
    )
    _ = try storage.compact("desk", .full)
    let rest = try archive.everyPack(after: first.position)
    try storage.createArchive(named: "copy")
    let copy = try storage.archive(named: "copy")
    let genesis = try #require(try archive.view(of: nil, knowing: nil, writing: nil).genesis)
    try copy.adopt(genesis)
    let store = try archive.view(of: nil, knowing: nil, writing: nil).end.store
    _ = try copy.append(first.packs + rest, from: store)
    #expect(try copy.frontier() == archive.frontier())
    #expect(try storage.verify("copy", .full).damages.isEmpty)
  }

  @Test func `a backup goes on after it`() throws {
    try fill(5)
    _ = try storage.backUp("desk", to: backup.url, time: 0)
    _ = try storage.compact("desk", .full)
    #expect(try storage.backUp("desk", to: backup.url, time: 1).newByteCount == 0)
    try fill(2)
    _ = try storage.compact("desk", .full)
    #expect(try storage.backUp("desk", to: backup.url, time: 2).newPackCount == 2)
    try SQLiteHubStorage.check(LogBackupReader(backup.url))
    try storage.restore("again", from: LogBackupReader(backup.url))
    #expect(try storage.archive(named: "again").frontier() == archive.frontier())
  }

  @Test func `a damaged pack is counted and left alone`() throws {
    try fill(4)
    let before = try archive.everyPack()
    try execute(
      """
      UPDATE packs SET bytes = substr(bytes, 1, length(bytes) - 1)
      WHERE position = \(before[1].position)
      """
    )
    let damaged = try archive.everyPack()[1]
    let tally = try storage.compact("desk", .full)
    #expect((tally.packCount, tally.replacedCount, tally.damagedCount) == (4, 3, 1))
    #expect(try archive.everyPack()[1].pack == damaged.pack)
  }

  @Test func `a pack that somebody else replaced meanwhile stays theirs`() throws {
    try fill(2)
    let packs = try archive.everyPack()
    let other = try #require(try Pack.recompressed(packs[0].pack, level: 4))
    let file = folder.url.appending(path: "desk.hub").path
    let tally = try storage.compact("desk", .gentle) {
      // Asked between the reading and the replacing.
      let database = try? DatabaseQueue(path: file)
      try? database?.write {
        try $0.execute(
          sql: "UPDATE packs SET bytes = ? WHERE position = ?",
          arguments: [Data(other), Int64(packs[0].position)]
        )
      }
      return true
    }
    #expect(tally.replacedCount == 1)
    #expect(try archive.everyPack()[0].pack == other)
    #expect(try damages().isEmpty)
  }
}

/// A lane of made-up text, in packs that are compressed fast.
private struct TextLane {
  private var writer: LaneWriter
  private let certification: Certification
  private var random = SeededRandom(seed: 5)

  init(archive: ArchiveID) throws {
    guard let member = PrivateKey(seed: Array(repeating: 1, count: 32)),
      let key = PrivateKey(seed: Array(repeating: 2, count: 32))
    else { preconditionFailure("32 bytes are a seed") }
    writer = LaneWriter(archive: archive, key: key, head: nil)
    certification = try Certification(of: key.publicKey, by: member, in: archive)
  }

  mutating func pack() throws -> PackFixture {
    var draft = PackDraft(after: writer)
    let drafts = try writer.seq == 0 ? [beginning, edit()] : [edit()]
    for change in drafts {
      draft.append(
        try writer.write(change, salt: random.bytes(16)) { throw LogFailure.gap($0) }
      )
    }
    guard let head = draft.head else { preconditionFailure("a pack has changes") }
    return PackFixture(
      bytes: try draft.sealed(signature: writer.signature(of: head), level: 1),
      changes: draft.changes
    )
  }

  private var beginning: ChangeDraft {
    ChangeDraft(
      object: .profile(of: certification.member),
      changeClass: .identity,
      operations: [certification.operation],
      time: 1
    )
  }

  private mutating func edit() throws -> ChangeDraft {
    guard let article = ObjectID(type: 1, bytes: random.bytes(ObjectID.byteCount)) else {
      preconditionFailure("an object id has as many bytes")
    }
    let text = (0..<6000).map { _ in "word\(Int.random(in: 0..<300, using: &random))" }
      .joined(separator: " ")
    return ChangeDraft(
      object: article,
      changeClass: .edit,
      operations: [Operation(field: 3, kind: .write, names: [], body: Array(text.utf8))],
      time: 2
    )
  }
}

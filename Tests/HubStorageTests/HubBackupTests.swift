import ChangeLog
import Foundation
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct HubBackupTests {
  /// A hub with an archive, a peer of it, and a folder for the backup.
  private struct Fixture {
    let data: TemporaryFolder
    let backup: TemporaryFolder
    let storage: SQLiteHubStorage
    var writer: WriterFixture
    var peer: PeerFixture

    init() throws {
      data = try TemporaryFolder()
      backup = try TemporaryFolder()
      storage = try SQLiteHubStorage(folder: data.url)
      try storage.createArchive(named: "desk")
      writer = try WriterFixture(seed: 3)
      peer = writer.peer()
    }

    mutating func push(_ packs: [PackFixture]) throws {
      let archive = try storage.archive(named: "desk")
      try archive.adopt(writer.genesis)
      _ = try archive.append(packs.map { peer.deliver($0) }, from: peer.store)
    }

    func backUp() throws -> LogBackupReceipt {
      try storage.backUp("desk", to: backup.url, time: 0, segmentByteLimit: 3000)
    }

    func remove() {
      data.remove()
      backup.remove()
    }
  }

  private func packs(of archive: SQLiteHubArchive) throws -> [[UInt8]] {
    try archive.everyPack().map(\.pack)
  }

  @Test func `an archive comes back pack for pack, as another store`() throws {
    var fixture = try Fixture()
    defer { fixture.remove() }
    let history = try fixture.writer.history(laneCount: 3, packCount: 12)
    try fixture.push(Array(history[..<8]))
    #expect(try fixture.backUp().newPackCount == 8)
    try fixture.push(Array(history[8...]))
    #expect(try fixture.backUp().newPackCount == 4)
    #expect(try fixture.backUp().newByteCount == 0)
    let backup = try LogBackupReader(fixture.backup.url)
    try SQLiteHubStorage.check(backup)
    try fixture.storage.restore("again", from: backup)
    let (desk, again) = (
      try fixture.storage.archive(named: "desk"), try fixture.storage.archive(named: "again")
    )
    #expect(try packs(of: again) == packs(of: desk))
    #expect(try again.frontier() == desk.frontier())
    let (view, other) = (
      try desk.view(of: nil, knowing: nil, writing: nil),
      try again.view(of: nil, knowing: nil, writing: nil)
    )
    #expect(view.genesis?.bytes == other.genesis?.bytes)
    #expect(view.end.store != other.end.store)
    #expect(view.end.position == other.end.position)
    #expect(throws: HubStorageFailure.exists("again")) {
      try fixture.storage.restore("again", from: backup)
    }
  }

  @Test func `an archive that nothing was synced into is backed up too`() throws {
    var fixture = try Fixture()
    defer { fixture.remove() }
    _ = try fixture.backUp()
    try fixture.storage.restore("again", from: LogBackupReader(fixture.backup.url))
    #expect(try fixture.storage.archive(named: "again").frontier().heads.isEmpty)
    try fixture.push(fixture.writer.history(laneCount: 1, packCount: 2))
    #expect(try fixture.backUp().newPackCount == 2)
    try SQLiteHubStorage.check(LogBackupReader(fixture.backup.url))
  }

  @Test func `a manifest that says what its packs do not is refused`() throws {
    var fixture = try Fixture()
    defer { fixture.remove() }
    try fixture.push(fixture.writer.history(laneCount: 2, packCount: 5))
    let manifest = try fixture.backUp().manifest
    let file = fixture.backup.url.appending(path: "manifest")
    let whole = try Data(contentsOf: file)
    let line = String(decoding: whole, as: UTF8.self).prefix { $0 != "\n" }
    let other = String(repeating: "0", count: 64)
    let number = "the segments hold another number of changes, or other ones, than it names"
    for (said, instead, complaint) in [
      ("\"position\":\(manifest.position)", "\"position\":\(manifest.position + 1)", number),
      (manifest.check.bytes.hex, other, number),
      (manifest.frontier.bytes.hex, other, "its frontier is not that of the segments"),
    ] {
      try #require(line.contains(said))
      let changed = line.replacing(said, with: instead)
      let bytes = Data("\(changed)\n\(Hash(of: Array(changed.utf8)).bytes.hex)\n".utf8)
      try bytes.write(to: file)
      let backup = try LogBackupReader(fixture.backup.url)
      let failure = LogBackupFailure.damaged("manifest", complaint)
      #expect(throws: failure) { try SQLiteHubStorage.check(backup) }
      #expect(throws: failure) { try fixture.storage.restore("again", from: backup) }
    }
    #expect(try fixture.storage.archiveNames() == ["desk"])
    try whole.write(to: file)
    try SQLiteHubStorage.check(LogBackupReader(fixture.backup.url))
  }

  @Test func `a damaged backup makes no archive`() throws {
    var fixture = try Fixture()
    defer { fixture.remove() }
    try fixture.push(fixture.writer.history(laneCount: 2, packCount: 5))
    _ = try fixture.backUp()
    let segment = fixture.backup.url.appending(path: "segment-000001")
    var bytes = try Data(contentsOf: segment)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: segment)
    let backup = try LogBackupReader(fixture.backup.url)
    #expect(throws: LogBackupFailure.self) { try SQLiteHubStorage.check(backup) }
    #expect(throws: LogBackupFailure.self) { try fixture.storage.restore("again", from: backup) }
    #expect(try fixture.storage.archiveNames() == ["desk"])
  }
}

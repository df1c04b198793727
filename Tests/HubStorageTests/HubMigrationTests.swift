import ChangeLog
import Foundation
import GRDB
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncProtocol
import Synchronization
import SyncSimulation
import Testing

@Suite struct HubMigrationTests {
  private static let version = HubMigrations.all.version
  private static let migrations = HubMigrations.all.adding([
    SchemaMigration(state: .stays) {
      try $0.execute(sql: "CREATE TABLE accounts (id INTEGER PRIMARY KEY) STRICT")
    }
  ])

  @Test func `an older archive is brought up to date when it is opened, and kept as it was`() throws
  {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writer = try WriterFixture(seed: 4)
    var peer = writer.peer()
    let old = try SQLiteHubStorage(folder: folder.url)
    try old.createArchive(named: "desk")
    let archive = try old.archive(named: "desk")
    try archive.adopt(writer.genesis)
    let packs = try writer.history(laneCount: 2, packCount: 4)
    _ = try archive.append(packs.map { peer.deliver($0) }, from: peer.store)
    let frontier = try archive.frontier()
    try old.close()

    let told = Mutex<[String]>([])
    let new = try SQLiteHubStorage(folder: folder.url, migrations: Self.migrations) {
      name,
      upgrade in
      told.withLock { $0.append("\(name) \(upgrade.from) \(upgrade.to)") }
    }
    #expect(try new.archive(named: "desk").frontier() == frontier)
    #expect(told.withLock { $0 } == ["desk \(Self.version) \(Self.version + 1)"])
    // The copy is not an archive of the hub, and can be put back as one.
    #expect(try new.archiveNames() == ["desk"])
    try new.close()
    let copy = folder.url.appending(path: "desk.hub.before-v\(Self.version + 1)")
    try FileManager.default.moveItem(at: copy, to: folder.url.appending(path: "old.hub"))
    let again = try SQLiteHubStorage(folder: folder.url)
    #expect(throws: HubStorageFailure.newer("desk")) { try again.archive(named: "desk") }
    #expect(try again.archive(named: "old").frontier() == frontier)
  }

  /// A hub's file as one version of the program wrote it.
  private struct ReleasedFile: Codable {
    var version: Int
    /// The digest of its frontier.
    var frontier: String
    var byteCount: Int
    /// The file, deflated.
    var file: Data
  }

  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test func `today's hub reads the file of every version, and goes on in it`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures.path)
    #expect(names.contains("hub-\(Self.version).json"))
    for name in names.filter({ $0.hasPrefix("hub-") }) {
      let released = try JSONDecoder().decode(
        ReleasedFile.self,
        from: Data(contentsOf: Self.fixtures.appending(path: name))
      )
      let bytes = try Deflate.decompress(Array(released.file), rawSize: released.byteCount)
      try Data(bytes).write(to: folder.url.appending(path: "v\(released.version).hub"))
      let storage = try SQLiteHubStorage(folder: folder.url)
      let archive = try storage.archive(named: "v\(released.version)")
      #expect(try archive.frontier().digest.bytes.hex == released.frontier)
      // The same history goes on, change for change.
      var writer = try WriterFixture(seed: 9)
      var peer = writer.peer()
      let packs = try writer.history(laneCount: 2, packCount: 4)
      var lane = try writer.lane()
      let deliveries = try (packs + [lane.pack(naming: [packs[0]])]).map { peer.deliver($0) }
      #expect(try archive.append(deliveries, from: peer.store).newChangeCount > 0)
      try storage.close()
    }
  }

  @Test(.enabled(if: isRecording, "only Scripts/record makes fixtures anew"))
  func `recording of a hub's file`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writer = try WriterFixture(seed: 9)
    var peer = writer.peer()
    let storage = try SQLiteHubStorage(folder: folder.url)
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    try archive.adopt(writer.genesis)
    let packs = try writer.history(laneCount: 2, packCount: 4)
    _ = try archive.append(packs.map { peer.deliver($0) }, from: peer.store)
    let frontier = try archive.frontier().digest.bytes.hex
    try storage.close()
    let bytes = Array(try Data(contentsOf: folder.url.appending(path: "desk.hub")))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let released = ReleasedFile(
      version: Self.version,
      frontier: frontier,
      byteCount: bytes.count,
      file: Data(Deflate.compress(bytes, level: 9))
    )
    try (encoder.encode(released) + Data("\n".utf8))
      .write(to: Self.fixtures.appending(path: "hub-\(Self.version).json"))
  }

  private static let isRecording = ProcessInfo.processInfo.environment["STET_RECORD"] != nil
}

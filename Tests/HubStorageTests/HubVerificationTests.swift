import ChangeLog
import Foundation
import GRDB
import HubStorage
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct HubVerificationTests {
  /// A row of a hub's file that was written over behind the hub's back.
  struct Tampering: CustomStringConvertible, Sendable {
    let sql: String
    let part: Damage.Part
    let place: String

    var description: String { sql }
  }

  /// Of a file with packs at the positions 2, 3 and 4.
  static let tamperings = [
    Tampering(sql: "UPDATE lanes SET seq = seq + 1", part: .index, place: "table lanes, row 1"),
    Tampering(
      sql: "UPDATE runs SET place = 1 WHERE pack = 3",
      part: .index,
      place: "table runs, row"
    ),
    Tampering(
      sql: "UPDATE packs SET hashes = zeroblob(length(hashes)) WHERE position = 3",
      part: .log,
      place: "pack at position 3"
    ),
    Tampering(
      sql: "UPDATE packs SET bytes = zeroblob(length(bytes)) WHERE position = 3",
      part: .log,
      place: "pack at position 3"
    ),
    Tampering(
      sql: """
        UPDATE packs SET bytes = (SELECT bytes FROM packs WHERE position = 4) WHERE position = 3
        """,
      part: .log,
      place: "pack at position 3"
    ),
    Tampering(
      sql: "UPDATE packs SET position = 1000000 WHERE position = 4",
      part: .log,
      place: "pack at position 1000000"
    ),
    Tampering(
      sql: "DELETE FROM packs WHERE position = 3",
      part: .log,
      place: "pack at position 4"
    ),
    Tampering(
      sql: "UPDATE packs SET source = NULL WHERE position = 3",
      part: .local,
      place: "table packs, row 3"
    ),
    Tampering(
      sql: "UPDATE log SET checksum = checksum + 1",
      part: .local,
      place: "table log, row 1"
    ),
    Tampering(sql: "DELETE FROM log", part: .local, place: "table log"),
    Tampering(
      sql: "UPDATE stores SET checksum = checksum + 1",
      part: .local,
      place: "table stores, row"
    ),
    Tampering(sql: "DROP INDEX branches", part: .file, place: "table sqlite_schema"),
    Tampering(sql: "CREATE TABLE cookies (id)", part: .file, place: "table sqlite_schema"),
    Tampering(sql: "PRAGMA application_id = 5", part: .file, place: "file"),
  ]

  @Test(arguments: tamperings)
  func `every part of a hub's file that was written over is found`(_ tampering: Tampering) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writers = try WriterFixture(seed: 57)
    var lane = try writers.lane()
    let packs = [try lane.pack(2), try lane.pack(), try lane.pack()]
    try fill(folder, with: packs, of: &writers)
    #expect(try verify(folder) == [])
    try execute(tampering.sql, in: folder)
    let damages = try verify(folder)
    #expect(
      damages.contains {
        $0.part == tampering.part && "\($0.place)".hasPrefix(tampering.place)
      },
      "\(damages)"
    )
  }

  /// What stands in a log in the place of its last pack, sealed as packs are: every checksum holds.
  enum Forgery: CaseIterable {
    case signedByAnother
    case otherContents
    case nextButOne
  }

  @Test(arguments: Forgery.allCases)
  func `a hub's pack that is whole, and not the one that was received, is found`(
    _ forgery: Forgery
  ) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writers = try WriterFixture(seed: 58)
    var lane = try writers.lane()
    let first = try lane.pack(2)
    var other = lane
    let forged: PackFixture
    switch forgery {
    case .signedByAnother: forged = try other.forgedPack()
    case .otherContents:
      other.diverge()
      forged = try other.pack()
    case .nextButOne:
      _ = try other.pack()
      forged = try other.pack()
    }
    try fill(folder, with: [first, try lane.pack()], of: &writers)
    #expect(try verify(folder) == [])
    try execute(
      "UPDATE packs SET bytes = ? WHERE position = 3",
      [Data(forged.bytes)],
      in: folder
    )
    let damages = try verify(folder)
    // Other contents of the same author are told by the hashes that stand beside the pack.
    let place = forgery == .otherContents ? "table packs, row 3" : "pack at position 3"
    #expect(damages.contains { "\($0.place)" == place }, "\(damages)")
  }

  /// Makes the archive of a hub, closed again, with packs that a peer brought.
  private func fill(
    _ folder: TemporaryFolder,
    with packs: [PackFixture],
    of writers: inout WriterFixture
  ) throws {
    let storage = try SQLiteHubStorage(folder: folder.url)
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    try archive.adopt(writers.genesis)
    var peer = writers.peer()
    _ = try archive.append(packs.map { peer.deliver($0) }, from: peer.store)
    try storage.close()
  }

  private func verify(_ folder: TemporaryFolder) throws -> [Damage] {
    try SQLiteHubStorage(folder: folder.url).verify("desk", .full).damages
  }

  private func execute(
    _ sql: String,
    _ arguments: StatementArguments = StatementArguments(),
    in folder: TemporaryFolder
  ) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let path = folder.url.appending(path: "desk.hub").path
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.writeWithoutTransaction { try $0.execute(sql: sql, arguments: arguments) }
    try database.close()
  }
}

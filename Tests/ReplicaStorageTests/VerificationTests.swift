import ChangeLog
import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct VerificationTests {
  /// A row of a file that was written over behind stet's back.
  struct Tampering: CustomStringConvertible, Sendable {
    let sql: String
    let part: Damage.Part
    let place: String

    var description: String { sql }
  }

  static let tamperings = [
    Tampering(
      sql: "UPDATE articles SET headline = 'x' WHERE object = 5",
      part: .state,
      place: "table articles, row 5"
    ),
    Tampering(
      sql: "DELETE FROM entries WHERE object = 5",
      part: .state,
      place: "table entries, row 5 "
    ),
    Tampering(
      sql: "UPDATE digest_buckets SET digest = zeroblob(32)",
      part: .state,
      place: "table digest_buckets"
    ),
    Tampering(
      sql: """
        UPDATE object_digests SET digest = zeroblob(32)
        WHERE object = (SELECT object FROM objects WHERE id = 5)
        """,
      part: .state,
      place: "table object_digests, row "
    ),
    Tampering(
      sql: """
        INSERT INTO object_digests (object, type, digest)
        VALUES (zeroblob(16), 77, zeroblob(32))
        """,
      part: .state,
      place: "table object_digests, row 0000"
    ),
    Tampering(
      sql: "UPDATE search_content SET c0 = 'x' WHERE id = 9",
      part: .search,
      place: "table search, row 9"
    ),
    Tampering(
      sql: "DELETE FROM search_content WHERE id = 9",
      part: .search,
      place: "table search, row 9"
    ),
    Tampering(
      sql: "UPDATE search_docsize SET sz = x'01010101' WHERE id = 9",
      part: .search,
      place: "table search"
    ),
    Tampering(sql: "UPDATE lanes SET seq = seq + 1", part: .index, place: "table lanes, row 1"),
    Tampering(
      sql: "UPDATE runs SET place = 1 WHERE pack = 40",
      part: .index,
      place: "table runs, row"
    ),
    Tampering(
      sql: "UPDATE log SET checksum = checksum + 1",
      part: .local,
      place: "table log, row 1"
    ),
    Tampering(
      sql: "UPDATE remotes SET checksum = checksum + 1",
      part: .local,
      place: "table remotes, row 1"
    ),
    Tampering(sql: "DELETE FROM replica", part: .local, place: "table replica"),
    Tampering(
      sql: "UPDATE packs SET source = NULL WHERE source IS NOT NULL",
      part: .local,
      place: "table packs, row"
    ),
    Tampering(
      sql: "UPDATE packs SET position = 1000000 WHERE position = 100",
      part: .log,
      place: "pack at position 1000000"
    ),
    Tampering(
      sql: "UPDATE packs SET hashes = zeroblob(length(hashes)) WHERE position = 100",
      part: .log,
      place: "pack at position 100"
    ),
    Tampering(sql: "DROP INDEX touches_by_object", part: .file, place: "table sqlite_schema"),
    Tampering(sql: "CREATE TABLE cookies (id)", part: .file, place: "table sqlite_schema"),
    Tampering(sql: "PRAGMA user_version = 0", part: .file, place: "file"),
  ]

  @Test func `every part of a file that was written over is found`() throws {
    let fixture = try FileFixture()
    for tampering in Self.tamperings {
      try fixture.withFile(of: fixture.bytes) { path in
        try execute(tampering.sql, in: path)
        let damages = try Replica.verify(path, .full, lockTimeout: 1).damages
        #expect(
          damages.contains {
            $0.part == tampering.part && "\($0.place)".hasPrefix(tampering.place)
          },
          "\(tampering): \(damages)"
        )
        guard damages.allSatisfy(\.part.isDerived) else { return }
        let replica = try Replica.open(path, environment: fixture.world.environment(named: "anna"))
        try replica.rebuild()
        try replica.catchUpSearch()
        #expect(try replica.digest() == fixture.digest)
        try replica.close()
        #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [], "\(tampering)")
      }
    }
  }

  /// Numbers that a flipped bit makes, each where one that cannot be would end the process.
  @Test(arguments: [
    ("UPDATE digest_buckets SET bucket = bucket + 1000000", "state"),
    ("UPDATE digest_buckets SET bucket = bucket + 1000000, digest = NULL", "state"),
    ("INSERT INTO digest_buckets (bucket, digest) VALUES (-1, zeroblob(32))", "state"),
    ("UPDATE entries SET seq = -seq; UPDATE digest_buckets SET digest = NULL", "state"),
    (
      "UPDATE entries SET operation = -1 - operation; UPDATE digest_buckets SET digest = NULL",
      "state"
    ),
    ("UPDATE lanes SET seq = -seq", "log"),
    ("UPDATE lanes SET seq = 0", "log"),
  ])
  func `a number that cannot be is damage to whoever reads it`(sql: String, part: String) throws {
    let fixture = try FileFixture()
    try fixture.withFile(of: fixture.bytes) { path in
      try execute(
        "PRAGMA ignore_check_constraints = 1; DELETE FROM object_digests; " + sql,
        in: path
      )
      let replica = try Replica.open(path, environment: fixture.world.environment(named: "anna"))
      defer { try? replica.close() }
      let damage = LogFailure.damaged(part)
      if part == "log" {
        #expect(throws: damage) { try replica.frontier() }
        #expect(throws: damage) { try replica.view(of: nil, knowing: nil, writing: nil) }
      } else {
        #expect(throws: damage) { try replica.digest() }
      }
    }
  }

  /// What stands in a log in the place of its last pack, sealed as packs are: every checksum holds.
  enum Forgery: CaseIterable {
    case signedByAnother
    case otherContents
    case nextButOne
  }

  @Test(arguments: Forgery.allCases)
  func `a pack that is whole, and not the one that was received, is found`(
    _ forgery: Forgery
  ) throws {
    var writers = try WriterFixture(seed: 56)
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
    let last = try lane.pack()
    let folder = TemporaryFolder()
    let path = folder.url.appending(path: "desk.stet").path
    let replica = try Replica.createForCloning(
      at: path,
      from: "memory",
      environment: TestWorld().environment(named: "anna")
    )
    try replica.adopt(writers.genesis)
    var peer = writers.peer()
    _ = try replica.append([first, last].map { peer.deliver($0) }, from: peer.store)
    try replica.close()
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
    try execute("UPDATE packs SET bytes = x'\(forged.bytes.hex)' WHERE position = 3", in: path)
    let damages = try Replica.verify(path, .full, lockTimeout: 1).damages
    // Other contents of the same author are told by the hashes that stand beside the pack.
    let place = forgery == .otherContents ? "table packs, row 3" : "pack at position 3"
    #expect(damages.contains { "\($0.place)" == place }, "\(damages)")
  }

  @Test func `a search index that is behind is no damage`() throws {
    let fixture = try FileFixture()
    try fixture.withFile(of: fixture.bytes) { path in
      let replica = try Replica.open(path, environment: fixture.world.environment(named: "anna"))
      try replica.write { _ = try $0.importArticle("new", headline: "not read yet") }
      try replica.close()
      #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
    }
  }

  private func execute(_ sql: String, in path: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
  }
}

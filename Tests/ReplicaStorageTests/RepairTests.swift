import ChangeLog
import CRDT
import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct RepairTests {
  /// A place in the file, and whether an unsent change can be lost when a bit flips there.
  struct Place: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The page, from 0, and the offsets in it.
    let page: @Sendable (DamagedArchive) throws -> Int
    let offsets: [Int]
    var mayLose = false
  }

  static let places = [
    Place(
      testDescription: "the file's header",
      page: { _ in 0 },
      offsets: [1, 16, 17, 20, 24, 60]
    ),
    Place(testDescription: "the schema", page: { _ in 0 }, offsets: [100, 103, 105, 110, 12_000]),
    Place(
      testDescription: "an interior page of the packs",
      page: { try $0.rootPage(of: "packs") - 1 },
      offsets: [0, 3, 8, 9, 12, 13, 16_380]
    ),
    Place(
      testDescription: "a leaf with sent changes",
      page: { try $0.offsets(of: 3)[0] / DamagedArchive.pageSize },
      offsets: [0, 3, 4, 5, 8, 9, 16_000, 16_300]
    ),
    Place(
      testDescription: "a leaf with unsent changes",
      page: { try $0.offsets(of: $0.lastSeq - 3)[0] / DamagedArchive.pageSize },
      offsets: [0, 3, 4, 5, 8, 9, 15_000, 16_000, 16_300],
      mayLose: true
    ),
    Place(
      testDescription: "an index",
      page: { try $0.rootPage(of: "runs_by_pack") - 1 },
      offsets: [0, 3, 16_300]
    ),
    Place(
      testDescription: "the lanes",
      page: { try $0.rootPage(of: "lanes") - 1 },
      offsets: [0, 3, 16_383, 16_352, 16_351, 16_350, 16_300, 16_280]
    ),
    Place(
      testDescription: "the genesis record and store id",
      page: { try $0.rootPage(of: "log") - 1 },
      offsets: [0, 3, 16_383, 16_380, 16_360, 16_340, 16_320, 16_310]
    ),
    Place(
      testDescription: "the state",
      page: { try $0.rootPage(of: "objects") - 1 },
      offsets: [0, 3, 16_000, 16_300]
    ),
  ]

  @Test("a flipped bit anywhere is repaired with a peer that has everything", arguments: places)
  func wholePeer(_ place: Place) throws {
    let archive = try DamagedArchive(changes: 60, unsent: 0)
    for (number, offset) in place.offsets.enumerated() {
      let page = try place.page(archive)
      try archive.restore {
        $0.main.flip(bit: (page * DamagedArchive.pageSize + offset) * 8 + number % 8)
      }
      let report = try archive.repair(from: archive.peer())
      #expect(report.isComplete, "offset \(offset)")
      #expect(try archive.complaint(about: report) == nil, "offset \(offset)")
    }
  }

  @Test(
    "a flipped bit anywhere loses no more than unsent changes on its page, which are named",
    arguments: places
  )
  func peerWithoutTheUnsent(_ place: Place) throws {
    let archive = try DamagedArchive(changes: 60, unsent: 25)
    for (number, offset) in place.offsets.enumerated() {
      let page = try place.page(archive)
      try archive.restore {
        $0.main.flip(bit: (page * DamagedArchive.pageSize + offset) * 8 + number % 8)
      }
      let report = try archive.repair(from: archive.peer())
      #expect(try archive.complaint(about: report) == nil, "offset \(offset)")
      if !place.mayLose { #expect(report.isComplete, "offset \(offset)") }
    }
  }

  @Test func `without any peer everything outside of the damaged row is there again`() throws {
    let archive = try DamagedArchive(changes: 40, unsent: 1)
    try archive.restore(damaging: 20)
    let report = try archive.repair(from: nil)
    #expect(report.lost.map(\.seqs) == [20...20])
    #expect(report.held.flatMap(\.spans).map(\.firstSeq) == Array(21...40))
    #expect(try archive.complaint(about: report) == nil)
    let repaired = try Replica.open(archive.path, environment: archive.environment)
    #expect(try repaired.remotes().map(\.name) == ["origin"])
    #expect(try repaired.status().held == 20)
    // The peer has change 20: what waits for it comes after it.
    _ = try archive.world.sync(repaired, with: archive.peer())
    #expect(try repaired.retryHeld() > 0)
    #expect(try repaired.heldPacks().isEmpty)
    #expect(try repaired.digest() == archive.digest)
  }

  @Test("unsent changes on damaged rows are named, and those behind them are held")
  func namesTheLost() throws {
    let archive = try DamagedArchive(changes: 40, unsent: 15)
    for seq: UInt64 in [26, 33, 40] {
      try archive.restore(damaging: seq)
      let report = try archive.repair(from: archive.peer())
      #expect(report.lost == [LostChanges(lane: archive.lane, seqs: seq...seq, isOwn: true)])
      #expect(report.held.flatMap(\.spans).map(\.firstSeq) == Array(Array(seq...40).dropFirst()))
      #expect(try archive.complaint(about: report) == nil)
    }
    // What the peer has comes back.
    try archive.restore(damaging: 20)
    #expect(try archive.repair(from: archive.peer()).isComplete)
  }

  @Test func `one flipped bit inside of an unsent change is turned back`() throws {
    let archive = try DamagedArchive(changes: 40, unsent: 15)
    for bit in [3, 480, 481, 2000, 3555] {
      try archive.restore(damaging: 33, bits: bit..<(bit + 1))
      let report = try archive.repair(from: archive.peer())
      #expect(report.isComplete, "bit \(bit)")
      #expect(try archive.complaint(about: report) == nil)
    }
  }

  @Test func `held changes can be read`() throws {
    let archive = try DamagedArchive(changes: 12, unsent: 11)
    try archive.restore(damaging: 9)
    let held = try archive.repair(from: nil).held
    let changes = try held.flatMap { try $0.changes() }
    #expect(changes.map(\.id.seq) == [10, 11, 12])
    #expect(
      changes.map(\.contents?.words.first) == [
        "added a version: \"h9\"", "added a version: \"h10\"", "added a version: \"h11\"",
      ]
    )
    #expect(held.map(\.isOwn) == [true, true, true])
    #expect(held.first?.reason.contains("change 9 of lane") == true)
  }

  @Test func `the repaired archive is another store and goes on in a new lane`() throws {
    let archive = try DamagedArchive(changes: 5, unsent: 0)
    try archive.restore { _ in }
    let store = try Replica.open(archive.path, environment: archive.environment).storeID()
    try archive.restore { _ in }
    _ = try archive.repair(from: nil)
    let repaired = try Replica.open(archive.path, environment: archive.environment)
    #expect(try repaired.storeID() != store)
    let before = try repaired.storeID()
    try repaired.write { _ = try $0.importArticle("new", headline: "h") }
    #expect(try repaired.frontier().heads.count == 2)
    #expect(try repaired.frontier().heads[archive.lane]?.seq == archive.lastSeq)
    // Its mark was set, so that it does not look like a copy of itself.
    #expect(try repaired.storeID() == before)
  }

  @Test func `transactions behind a flipped bit in the write-ahead log are not lost`() throws {
    let archive = try DamagedArchive(changes: 40, unsent: 20, isInWAL: true)
    let count = try #require(archive.pristine.wal?.count)
    var lossCount = 0
    for seed in Seeds.first(20) {
      var random = SeededRandom(seed: seed)
      let bit = Int.random(in: 0..<(count * 8), using: &random)
      try archive.restore { $0.wal?.flip(bit: bit) }
      let report = try archive.repair(from: archive.peer())
      #expect(try archive.complaint(about: report) == nil, "bit \(bit), seed \(seed)")
      lossCount += report.lost.reduce(0) { $0 + $1.seqs.count }
    }
    // Pages are in the log many times over, so that a bit costs one change at most.
    #expect(lossCount <= 20)
  }

  /// Damage of many bytes.
  struct Wound: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let inflict: @Sendable (inout Data) -> Void
  }

  static let wounds = [
    Wound(testDescription: "the end is cut off") { $0.removeLast($0.count / 3) },
    Wound(testDescription: "it ends inside of a page") { $0.removeLast($0.count / 2 + 777) },
    Wound(testDescription: "zeros in the middle") {
      let middle = $0.count / 2
      $0.replaceSubrange(middle..<(middle + 50_000), with: Data(count: 50_000))
    },
    Wound(testDescription: "zeros at the beginning") {
      $0.replaceSubrange(0..<20_000, with: Data(count: 20_000))
    },
  ]

  @Test("a wounded file is whole again with a peer that has everything", arguments: wounds)
  func woundedWithWholePeer(_ wound: Wound) throws {
    let archive = try DamagedArchive(changes: 60, unsent: 0)
    try archive.restore { wound.inflict(&$0.main) }
    let report = try archive.repair(from: archive.peer())
    #expect(report.held.isEmpty && report.lost.isEmpty)
    let repaired = try Replica.open(archive.path, environment: archive.environment)
    #expect(try repaired.digest() == archive.digest)
  }

  @Test("what a wounded file had is in the log, held or named", arguments: wounds)
  func woundedWithoutTheUnsent(_ wound: Wound) throws {
    let archive = try DamagedArchive(changes: 60, unsent: 25)
    try archive.restore { wound.inflict(&$0.main) }
    let report = try archive.repair(from: archive.peer())
    let repaired = try Replica.open(archive.path, environment: archive.environment)
    let head = try #require(try repaired.frontier().heads[archive.lane]).seq
    let held = report.held.reduce(0) { $0 + $1.changeCount }
    let lost = report.lost.reduce(0) { $0 + $1.seqs.count } + report.unnamedLossCount
    #expect(head >= 35)
    #expect(Int(head) + held + lost >= 60)
  }

  @Test func `another file of the archive serves as the peer, a damaged one too`() throws {
    let archive = try DamagedArchive(changes: 60, unsent: 25)
    let backup = archive.folder.url.appending(path: "backup.stet").path
    try archive.restore(damaging: 40)
    let other = try Data(contentsOf: URL(filePath: archive.path))
    try archive.restore(damaging: 50)
    try other.write(to: URL(filePath: backup))
    let repair = try Repair(of: archive.path, environment: archive.environment)
    try repair.takeSalvage()
    try repair.fetch(from: backup)
    try repair.takeSalvage()
    let report = try repair.finish()
    #expect(report.isComplete)
    #expect(try archive.complaint(about: report) == nil)
    // It was only read.
    #expect(try Data(contentsOf: URL(filePath: backup)) == other)
  }

  @Test func `a file of another archive gives nothing, and everything stays as it was`() throws {
    let archive = try DamagedArchive(changes: 10, unsent: 1)
    let other = archive.folder.url.appending(path: "other.stet").path
    try archive.restore { _ in }
    let stranger = try Replica.create(
      at: other,
      named: "other",
      environment: archive.world.environment(named: "stranger")
    )
    try stranger.write { _ = try $0.importArticle("1", headline: "h") }
    try stranger.close()
    let repair = try Repair(of: archive.path, environment: archive.environment)
    try repair.takeSalvage()
    #expect(throws: ReplicaFailure.self) { try repair.fetch(from: other) }
    repair.abandon()
    let names = try FileManager.default.contentsOfDirectory(atPath: archive.folder.url.path)
    #expect(Set(names) == ["desk.stet", "other.stet"])
    #expect(try Data(contentsOf: URL(filePath: archive.path)) == archive.pristine.main)
  }

  @Test func `nothing can be made of a file of zeros, and it stays as it was`() throws {
    let archive = try DamagedArchive(changes: 5, unsent: 1)
    try archive.restore { $0.main = Data(count: 200_000) }
    #expect(throws: ReplicaFailure.beyondRepair(archive.path)) { try archive.repair(from: nil) }
    let names = try FileManager.default.contentsOfDirectory(atPath: archive.folder.url.path)
    #expect(names == ["desk.stet"])
  }

  @Test func `a file that somebody writes to during its repair is not replaced`() throws {
    let archive = try DamagedArchive(changes: 5, unsent: 1)
    try archive.restore { _ in }
    let repair = try Repair(of: archive.path, environment: archive.environment)
    try repair.takeSalvage()
    let other = try Replica.open(archive.path, environment: archive.environment)
    try other.write { _ = try $0.importArticle("meanwhile", headline: "h") }
    #expect(throws: StorageFailure.locked) { try repair.finish() }
    repair.abandon()
    #expect(try other.frontier().heads[archive.lane]?.seq == archive.lastSeq + 1)
  }

  @Test func `damaged files are kept byte for byte under names of their own`() throws {
    let archive = try DamagedArchive(changes: 30, unsent: 10, isInWAL: true)
    try archive.restore { $0.main.flip(bit: 50_000 * 8) }
    let damaged = try Data(contentsOf: URL(filePath: archive.path))
    let report = try archive.repair(from: archive.peer())
    #expect(report.keptPath == archive.path + ".damaged-1")
    #expect(try Data(contentsOf: URL(filePath: report.keptPath)) == damaged)
    #expect(try Data(contentsOf: URL(filePath: report.keptPath + "-wal")) == archive.pristine.wal)
    #expect(try archive.repair(from: nil).keptPath == archive.path + ".damaged-2")
    #expect(try Data(contentsOf: URL(filePath: report.keptPath)) == damaged)
  }

  @Test func `what was held is held again after another repair`() throws {
    let archive = try DamagedArchive(changes: 40, unsent: 30)
    try archive.restore(damaging: 20)
    let first = try archive.repair(from: archive.peer())
    let second = try archive.repair(from: archive.peer())
    #expect(first.held.map(\.bytes) == second.held.map(\.bytes))
    #expect(second.held.count == 20)
  }
}

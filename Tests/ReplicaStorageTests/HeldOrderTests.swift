import CRDT
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage
import SyncSimulation
import Testing

/// What waits after a repair, where it is of several people.
@Suite struct HeldOrderTests {
  @Test func `one's own waits before others', though theirs lay before it in the file`() throws {
    let file = try SharedFile()
    let report = try file.repair()
    let repaired = try Replica.open(file.path, environment: file.environment)
    let stored = try repaired.inspect {
      try Bool.fetchAll($0, sql: "SELECT is_own FROM held ORDER BY id")
    }
    try #require(stored == [false, false, true, true])
    let waiting = try repaired.heldPacks()
    for held in [report.held, waiting] {
      #expect(held.map(\.isOwn) == [true, true, false, false])
      #expect(held.flatMap(\.spans).map(\.lane) == [file.own, file.own, file.other, file.other])
      #expect(held.flatMap(\.spans).map(\.firstSeq) == [4, 5, 4, 5])
    }
    #expect(
      report.lost == [
        LostChanges(lane: file.own, seqs: 3...3, isOwn: true),
        LostChanges(lane: file.other, seqs: 3...3, isOwn: false),
      ]
    )
  }

  @Test func `what waits goes when what it waits for comes, whosever it is`() throws {
    let file = try SharedFile()
    _ = try file.repair()
    let repaired = try Replica.open(file.path, environment: file.environment)
    #expect(try repaired.retryHeld() == 0)
    #expect(try repaired.status().held == 4)
    _ = try file.world.sync(repaired, with: file.early)
    #expect(try repaired.retryHeld() == 2)
    #expect(try repaired.heldPacks().map(\.isOwn) == [true, true])
    #expect(try repaired.status().held == 2)
    _ = try file.world.sync(repaired, with: file.later)
    #expect(try repaired.retryHeld() == 2)
    #expect(try repaired.heldPacks().isEmpty)
    #expect(try repaired.status().held == 0)
    #expect(try repaired.digest() == file.digest)
  }

  @Test func `what a key may be for that cannot be read counts as one's own`() throws {
    let file = try SharedFile()
    let report = try file.repair(
      file.world.environment(
        named: "anna",
        identities: UnreadableKeys(others: file.environment.identities)
      )
    )
    #expect(report.held.map(\.isOwn) == [true, true, true, true])
    #expect(report.lost.map(\.isOwn) == [true, true])
    // Nothing else tells them apart: they are as they lay in the file.
    let lanes = report.held.flatMap(\.spans).map(\.lane)
    #expect(lanes == [file.other, file.other, file.own, file.own])
  }
}

/// A file of Anna's in which Bert's changes 1 to 3 come first, then 1 to 3 of her own, his 4 and 5, and her 4
/// and 5.
///
/// Both changes 3 are damaged.
private struct SharedFile {
  let world = TestWorld()
  let folder = TemporaryFolder()
  let path: String
  let environment: ReplicaEnvironment
  /// The lanes of Anna and Bert.
  let own: LaneID
  let other: LaneID
  /// Has what the file has up to Bert's change 3.
  let early: Replica
  /// Has what the file has up to Anna's change 3.
  let later: Replica
  /// Of all of it.
  let digest: Hash

  init() throws {
    path = folder.url.resolvingSymlinksInPath().appending(path: "desk.stet").path
    environment = world.environment(named: "anna")
    let bert = try world.replica(named: "bert")
    // The first change of a lane certifies it.
    try Self.write(1...2, to: bert)
    early = try world.clone(of: bert, named: "early")
    let anna = try Replica.createForCloning(at: path, from: "memory", environment: environment)
    _ = try world.sync(anna, with: bert)
    try anna.finishCloning()
    try Self.write(3...4, to: anna)
    later = try world.clone(of: anna, named: "later")
    try Self.write(5...6, to: bert)
    _ = try world.sync(anna, with: bert)
    try Self.write(7...8, to: anna)
    digest = try anna.digest()
    let packs = try anna.everyPack().map(\.pack)
    let spans = try packs.flatMap { try Pack($0).spans }
    try #require(spans.map(\.firstSeq) == [1, 2, 3, 1, 2, 3, 4, 5, 4, 5])
    other = spans[0].lane
    own = spans[3].lane
    try anna.close()
    try Self.damage([packs[2], packs[5]], in: path)
  }

  private static func write(_ numbers: ClosedRange<Int>, to replica: Replica) throws {
    for number in numbers {
      try replica.write { _ = try $0.importArticle("\(number)", headline: "h\(number)") }
    }
  }

  /// Flips two neighbouring bits, which nobody turns back, in every copy of some packs.
  private static func damage(_ packs: [[UInt8]], in path: String) throws {
    var file = try Data(contentsOf: URL(filePath: path))
    for pack in packs {
      while let place = file.range(of: Data(pack.prefix(100))) {
        for bit in 480..<482 { file.flip(bit: place.lowerBound * 8 + bit) }
      }
    }
    try file.write(to: URL(filePath: path))
  }

  /// Repairs the file with nobody's help.
  ///
  /// - `environment`: `nil`: Anna's.
  func repair(_ environment: ReplicaEnvironment? = nil) throws -> RepairReport {
    let repair = try Repair(of: path, environment: environment ?? self.environment)
    do {
      try repair.takeSalvage()
      return try repair.finish()
    } catch {
      repair.abandon()
      throw error
    }
  }
}

/// Keys and marks of somebody, of which the writing keys cannot be read.
private struct UnreadableKeys: Identities {
  struct Failure: Error {}

  let others: any Identities

  var machine: String? { others.machine }
  func memberKey() throws -> PrivateKey { try others.memberKey() }
  func makeWritingKey() throws -> PrivateKey { try others.makeWritingKey() }
  func writingKey(of lane: LaneID) throws -> PrivateKey? { throw Failure() }
  func mark(of store: StoreID) throws -> Mark? { try others.mark(of: store) }
  func set(_ mark: Mark, of store: StoreID) throws { try others.set(mark, of: store) }
}

import ChangeLog
import CRDT
import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation

/// An archive file of Anna's, of which a peer has the first part, and ways to damage it.
struct DamagedArchive {
  /// A file with what lies beside it, byte for byte.
  struct Contents {
    var main: Data
    var wal: Data?
  }

  let world: TestWorld
  let folder = TemporaryFolder()
  let environment: ReplicaEnvironment
  let path: String
  /// What a peer has of it: the first changes, or all of them.
  private let genesis: Genesis
  private let peerPacks: [PackDelivery]
  let pristine: Contents
  let digest: Hash
  let lane: LaneID
  let lastSeq: UInt64

  /// - `unsent`: how many of the changes the peer does not have.
  /// - `isInWAL`: whether the newest changes are still in the write-ahead log, as after a crash.
  init(seed: UInt64 = 1, changes: Int, unsent: Int, isInWAL: Bool = false) throws {
    world = TestWorld(seed: seed)
    environment = world.environment(named: "anna")
    path = folder.url.resolvingSymlinksInPath().appending(path: "desk.stet").path
    var anna = try Replica.create(at: path, named: "desk", environment: environment)
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    // The first change certifies the lane.
    for number in 1..<(changes - unsent) { try Self.write(number, to: anna) }
    guard let genesis = try anna.genesis() else { throw LogFailure.malformed("test") }
    self.genesis = genesis
    peerPacks = try anna.everyPack()
    try anna.close()
    anna = try Replica.open(path, environment: environment)
    for number in (changes - unsent)..<changes { try Self.write(number, to: anna) }
    digest = try anna.digest()
    let heads = try anna.frontier().heads
    guard let head = heads.first, heads.count == 1 else { throw LogFailure.malformed("test") }
    lane = head.key
    lastSeq = head.value.seq
    if !isInWAL { try anna.close() }
    pristine = Contents(
      main: try Data(contentsOf: URL(filePath: path)),
      wal: try? Data(contentsOf: URL(filePath: path + "-wal"))
    )
    if isInWAL { try anna.close() }
  }

  /// An article with some text, some of it long and hard to compress.
  private static func write(_ number: Int, to replica: Replica) throws {
    var random = SeededRandom(seed: UInt64(number))
    let text = random.bytes(number % 40 == 7 ? 30_000 : 200).hex
    try replica.write { _ = try $0.importArticle("\(number)", headline: "h\(number)", body: text) }
  }

  /// Puts the file where it was, after something was done to it.
  func restore(_ damage: (inout Contents) throws -> Void) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
      try FileManager.default.removeItem(at: folder.url.appending(path: name))
    }
    var contents = pristine
    try damage(&contents)
    try contents.main.write(to: URL(filePath: path))
    try contents.wal?.write(to: URL(filePath: path + "-wal"))
  }

  /// A new peer: one that took part in a repair has learned what it did not have.
  func peer() throws -> Replica {
    let peer = try Replica.createForCloning(
      at: nil,
      from: "memory",
      environment: world.environment(named: "peer")
    )
    try peer.adopt(genesis)
    guard let store = StoreID([UInt8](repeating: 7, count: 16)) else { return peer }
    _ = try peer.append(peerPacks, from: store)
    return peer
  }

  /// Repairs the file with the help of the peer.
  func repair(from peer: Replica?) throws -> RepairReport {
    let repair = try Repair(of: path, environment: environment)
    do {
      try repair.takeSalvage()
      if let peer { _ = try world.sync(repair.replica, with: peer) }
      try repair.takeSalvage()
      return try repair.finish()
    } catch {
      repair.abandon()
      throw error
    }
  }

  /// What does not add up after a repair: every change must be in the log, or held, or named as lost.
  func complaint(about report: RepairReport) throws -> String? {
    let repaired = try Replica.open(path, environment: environment)
    defer { try? repaired.close() }
    let head = try repaired.frontier().heads[lane]?.seq ?? 0
    var places: [UInt64: [String]] = [:]
    for seq in 0..<head { places[seq + 1, default: []].append("log") }
    for span in try repaired.heldPacks().flatMap(\.spans) {
      for seq in span.firstSeq...span.lastSeq { places[seq, default: []].append("held") }
    }
    for lost in report.lost where lost.lane == lane && lost.isOwn {
      for seq in lost.seqs { places[seq, default: []].append("lost") }
    }
    for seq in 1...lastSeq where places[seq]?.count != 1 {
      return "change \(seq) is \(places[seq] ?? [])"
    }
    if let beyond = places.keys.first(where: { $0 > lastSeq }) { return "there is \(beyond)" }
    guard report.unnamedLossCount == 0 else { return "\(report.unnamedLossCount) not named" }
    guard report.isComplete else { return nil }
    return try repaired.digest() == digest ? nil : "another digest"
  }

  // MARK: - Where things are in the whole file

  static let pageSize = 16_384

  /// The number of a table's or index's first page, from 1.
  func rootPage(of name: String) throws -> Int {
    try restore { _ in }
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    return try database.read {
      try Int.fetchOne(
        $0,
        sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?",
        arguments: [name]
      )
    } ?? 0
  }

  /// The offsets in the main file at which a change's pack begins.
  ///
  /// A page that was split keeps a copy of the rows that went away.
  func offsets(of seq: UInt64) throws -> [Int] {
    Self.places(of: try pack(of: seq).prefix(100), in: pristine.main)
  }

  /// Restores the file with some bits flipped in a change's pack, in every copy of it.
  func restore(damaging seq: UInt64, bits: Range<Int> = 480..<482) throws {
    let offsets = try offsets(of: seq)
    try restore {
      for bit in offsets.flatMap({ offset in bits.map { offset * 8 + $0 } }) {
        $0.main.flip(bit: bit)
      }
    }
  }

  /// The bytes of the pack with a change.
  func pack(of seq: UInt64) throws -> [UInt8] {
    try restore { _ in }
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    return try database.read {
      try Data.fetchOne(
        $0,
        sql: "SELECT bytes FROM packs WHERE position = ?",
        arguments: [Int64(seq)]
      )
    }.map { Array($0) } ?? []
  }

  private static func places(of bytes: ArraySlice<UInt8>, in data: Data) -> [Int] {
    var places: [Int] = []
    var rest = data.startIndex..<data.endIndex
    while let found = data.range(of: Data(bytes), in: rest) {
      places.append(found.lowerBound - data.startIndex)
      rest = found.upperBound..<data.endIndex
    }
    return places
  }
}

extension Data {
  /// Turns one bit over.
  mutating func flip(bit: Int) {
    self[startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
  }
}

import ChangeLog
import CRDT
import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct PageSalvageTests {
  private let folder = TemporaryFolder()

  /// Packs of a made-up archive, from some hundred bytes to above a page of any size.
  private static func packs() throws -> [[UInt8]] {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    for number in 0..<12 {
      let body = world.random.bytes(number % 4 == 3 ? 40_000 * number : 150 * number).hex
      try anna.write { _ = try $0.importArticle("\(number)", headline: "h", body: body) }
    }
    return try anna.everyPack().map(\.pack)
  }

  /// A log with these packs, in pages of some size.
  private func write(_ packs: [[UInt8]], pageSize: Int) throws -> String {
    let path = folder.url.appending(path: "\(pageSize).db").path
    var configuration = Configuration()
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = \(pageSize)") }
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.write { db in
      try LogSchema.create(db)
      for (place, pack) in packs.enumerated() {
        try db.execute(
          sql: """
            INSERT INTO packs (position, count, source, bytes, hashes, log_check, checksum)
            VALUES (?, 1, NULL, ?, zeroblob(32), zeroblob(32), 0)
            """,
          arguments: [place + 1, Data(pack)]
        )
      }
    }
    try database.close()
    return path
  }

  private func found(_ path: String) -> [[UInt8]] {
    var packs: [[UInt8]] = []
    PageSalvage.scan(path)?.forEachPack { pack, _ in
      packs.append(pack.bytes)
      return true
    }
    return packs
  }

  @Test(arguments: (9...16).map { 1 << $0 })
  func `all packs are found in the order of the log, whatever the page size`(pageSize: Int) throws {
    let packs = try Self.packs()
    #expect(try found(write(packs, pageSize: pageSize)) == packs)
  }

  @Test func `neither header, schema nor any page's own header is needed`() throws {
    let packs = try Self.packs()
    let path = try write(packs, pageSize: 4096)
    var bytes = try Data(contentsOf: URL(filePath: path))
    for page in stride(from: 0, to: bytes.count, by: 4096) {
      // Overflow pages begin with the number of the next: they are what the rows are made of.
      guard page == 0 || bytes[page] == 0x0D || bytes[page] == 0x05 else { continue }
      bytes.replaceSubrange(page..<(page + 8), with: Data(repeating: 0xFF, count: 8))
    }
    bytes.replaceSubrange(0..<4096, with: Data(count: 4096))
    try bytes.write(to: URL(filePath: path))
    #expect(found(path) == packs)
  }

  @Test func `random damage never crashes, and what is found is always a whole pack`() throws {
    let packs = try Self.packs()
    let files = try [512, 4096, 16_384].map {
      try Data(contentsOf: URL(filePath: write(packs, pageSize: $0)))
    }
    let path = folder.url.appending(path: "damaged.db").path
    for seed in Seeds.first(40) {
      var random = SeededRandom(seed: seed)
      var bytes = files[Int(seed) % files.count]
      for _ in 0..<Int.random(in: 1...200, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.flip(bit: place * 8 + Int.random(in: 0..<8, using: &random))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2:
          let end = min(bytes.count, place + Int.random(in: 1...600, using: &random))
          bytes.replaceSubrange(place..<end, with: Data(random.bytes(end - place)))
        default:
          if Int.random(in: 0..<50, using: &random) == 0 { bytes.removeLast(bytes.count - place) }
        }
        if bytes.isEmpty { bytes = Data(random.bytes(3000)) }
      }
      try bytes.write(to: URL(filePath: path))
      // The log beside it is garbage, too.
      try Data(random.bytes(Int.random(in: 0...70_000, using: &random)))
        .write(to: URL(filePath: path + "-wal"))
      for pack in found(path) { #expect(packs.contains(pack), "seed \(seed)") }
    }
  }

  @Test func `pure noise is no database`() throws {
    let path = folder.url.appending(path: "noise.db").path
    for seed in Seeds.first(10) {
      var random = SeededRandom(seed: seed)
      try Data(random.bytes(Int.random(in: 0...300_000, using: &random)))
        .write(to: URL(filePath: path))
      #expect(found(path).isEmpty, "seed \(seed)")
    }
  }

  @Test func `overflow pages that lead round in a circle end`() throws {
    let packs = try Self.packs()
    let path = try write(packs, pageSize: 512)
    var bytes = try Data(contentsOf: URL(filePath: path))
    for page in stride(from: 512, to: bytes.count, by: 512) where bytes[page] == 0 {
      bytes.replaceSubrange(page..<(page + 4), with: Data([0, 0, 0, 5]))
    }
    try bytes.write(to: URL(filePath: path))
    #expect(found(path).allSatisfy(packs.contains))
  }
}

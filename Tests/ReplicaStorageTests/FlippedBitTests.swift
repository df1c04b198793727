import Foundation
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct FlippedBitTests {
  /// `STET_FLIPS` says how many bits.
  private static let flipCount =
    ProcessInfo.processInfo.environment["STET_FLIPS"].flatMap(Int.init) ?? 60

  @Test func `no flipped bit loses a change but unsent ones on its page, and those are named`()
    throws
  {
    let archive = try DamagedArchive(changes: 200, unsent: 50)
    let bitCount = archive.pristine.main.count * 8
    var pages: [UInt64: Set<Int>] = [:]
    for seq in 1...archive.lastSeq {
      pages[seq] = try Set(archive.offsets(of: seq).map { $0 / DamagedArchive.pageSize })
    }
    var random = SeededRandom(seed: 1)
    var lossCount = 0
    for _ in 0..<Self.flipCount {
      let bit = Int.random(in: 0..<bitCount, using: &random)
      try archive.restore { $0.main.flip(bit: bit) }
      let report = try archive.repair(from: archive.peer)
      #expect(try archive.complaint(about: report) == nil, "bit \(bit)")
      for seq in report.lost.flatMap(\.seqs) {
        lossCount += 1
        #expect(seq > 150, "bit \(bit)")
        // A long pack goes on in pages of its own.
        let isLong = try archive.pack(of: seq).count > DamagedArchive.pageSize
        #expect(isLong || pages[seq] == [bit / 8 / DamagedArchive.pageSize], "bit \(bit)")
      }
    }
    print("flipped bits: \(Self.flipCount), changes lost and named: \(lossCount)")
  }
}

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
    let packs = try (1...archive.lastSeq).map {
      (pack: try archive.pack(of: $0), offsets: try archive.offsets(of: $0))
    }
    var random = SeededRandom(seed: 1)
    var lossCount = 0
    for number in 0..<Self.flipCount {
      var bit = Int.random(in: 0..<bitCount, using: &random)
      if number % 2 == 1, let unsent = packs.suffix(50).randomElement(using: &random),
        let offset = unsent.offsets.randomElement(using: &random)
      {
        // Half of the flips where they hurt: in the row of an unsent change, before its pack.
        bit = (offset + Int.random(in: -16..<16, using: &random)) * 8 + number / 2 % 8
      }
      try archive.restore { $0.main.flip(bit: bit) }
      let report = try archive.repair(from: archive.peer())
      #expect(try archive.complaint(about: report) == nil, "bit \(bit)")
      for seq in report.lost.flatMap(\.seqs) {
        lossCount += 1
        #expect(seq > 150, "bit \(bit)")
        // A long pack goes on in pages of its own.
        let (pack, offsets) = packs[Int(seq) - 1]
        let pages = Set(offsets.map { $0 / DamagedArchive.pageSize })
        #expect(
          pack.count > DamagedArchive.pageSize || pages == [bit / 8 / DamagedArchive.pageSize],
          "bit \(bit)"
        )
      }
    }
    // Otherwise nothing of this was shown.
    print("flipped bits: \(Self.flipCount), changes lost and named: \(lossCount)")
  }
}

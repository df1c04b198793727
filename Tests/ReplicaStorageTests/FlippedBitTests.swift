import Foundation
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct FlippedBitTests {
  /// How many bits: `STET_FLIPS`, or a few.
  ///
  /// Each part has an archive and a seed of its own, so that parts run beside one another and a long
  /// run tells how far it is.
  private static let flipCount =
    ProcessInfo.processInfo.environment["STET_FLIPS"].flatMap(Int.init) ?? 60
  private static let partSize = 20

  @Test(arguments: 1...UInt64(max(1, flipCount / partSize)))
  func `no flipped bit loses a change but unsent ones on its page, and those are named`(
    seed: UInt64
  ) throws {
    let archive = try DamagedArchive(changes: 200, unsent: 50)
    let bitCount = archive.pristine.main.count * 8
    let packs = try (1...archive.lastSeq).map {
      (pack: try archive.pack(of: $0), offsets: try archive.offsets(of: $0))
    }
    var random = SeededRandom(seed: seed)
    var lossCount = 0
    for number in 0..<Self.partSize {
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
    print("seed \(seed), flipped bits: \(Self.partSize), changes lost and named: \(lossCount)")
  }
}

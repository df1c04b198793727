import Foundation
import SyncSimulation
import Testing

/// Every thing that one does with an archive, done with damaged files.
@Suite struct DamagedUseTests {
  /// What a flipped bit in a row's header or in a number makes of a value, and worse.
  private static let values = ["NULL", "'x'", "x'00'", "-1", "9223372036854775807"]

  /// `STET_EVERY_VALUE` has every column take every value, in all rows and in a third of them, and not
  /// one of them in turn.
  @Test(.timeLimit(.minutes(20)))
  func `no value in a row ends the process, and who meets one says that the file is damaged`()
    async throws
  {
    let fixture = try FileFixture()
    let columns = try fixture.withFile(of: fixture.bytes) { try RowDamage.columns(of: $0) }
    #expect(columns.count > 100)
    let isEvery = ProcessInfo.processInfo.environment["STET_EVERY_VALUE"] != nil
    let choices = Self.values.flatMap { value in [3, 1].map { (value, $0) } }
    let damages = columns.enumerated().flatMap { number, place in
      (isEvery ? choices : [choices[number % choices.count]]).map { value, step in
        "UPDATE OR IGNORE \(place.table) SET \(place.column) = \(value) WHERE is_chosen(\(step))"
      }
    }
    let refusals = try await refusals(of: damages, fixture)
    print("\(damages.count) damages of rows, \(refusals) refusals")
    #expect(refusals > damages.count)
  }

  @Test(.timeLimit(.minutes(10)))
  func `neither missing rows nor lanes that go in circles end or detain the process`() async throws
  {
    let fixture = try FileFixture()
    let columns = try fixture.withFile(of: fixture.bytes) { try RowDamage.columns(of: $0) }
    let damages =
      Set(columns.map(\.table)).sorted().map { "DELETE FROM \($0)" } + [
        "UPDATE lanes SET root = lane, parent = lane WHERE is_chosen(2)",
        "UPDATE lanes SET root = lane, parent = (SELECT max(lane) FROM lanes)",
      ]
    #expect(try await refusals(of: damages, fixture) > damages.count)
  }

  @Test(.timeLimit(.minutes(10)))
  func `nor does a value in a file with a forked lane and a pack that waits`() async throws {
    let fixture = try FileFixture(HandWriter.fork)
    let held = """
      INSERT INTO held (source, bytes, count, is_own, reason)
      SELECT zeroblob(16), bytes, count, 1, 'waits' FROM packs ORDER BY position DESC LIMIT 1
      """
    let columns = try fixture.withFile(of: fixture.bytes) { try RowDamage.columns(of: $0) }
      .filter { ["held", "lanes", "runs"].contains($0.table) }
    let damages = columns.enumerated().map { number, place in
      let value = Self.values[number % Self.values.count]
      return "UPDATE OR IGNORE \(place.table) SET \(place.column) = \(value) WHERE is_chosen(1)"
    }
    let refusals = try await sum(damages) { damage in
      try fixture.withFile(of: fixture.bytes) { path in
        #expect(try RowDamage.apply(held, to: path))
        guard try RowDamage.apply(damage, to: path) else { return 0 }
        return ArchiveUse.refusals(of: path, fixture, "forked, \(damage)")
      }
    }
    #expect(refusals > damages.count)
  }

  /// `STET_FLIPS` says how many bits.
  @Test(.timeLimit(.minutes(60)))
  func `no flipped bit ends the process`() async throws {
    let fixture = try FileFixture()
    let count = ProcessInfo.processInfo.environment["STET_FLIPS"].flatMap(Int.init) ?? 60
    var random = SeededRandom(seed: 2)
    let bits = (0..<count).map { _ in
      Int.random(in: 0..<(8 * fixture.bytes.count), using: &random)
    }
    let refusals = try await sum(bits) { bit in
      var bytes = fixture.bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      return try fixture.withFile(of: bytes) { path in
        ArchiveUse.refusals(of: path, fixture, "bit \(bit % 8) of byte \(bit / 8)")
      }
    }
    print("\(count) flipped bits, \(refusals) refusals")
  }

  /// - `damages`: statements of which each is carried out on a file of its own.
  private func refusals(of damages: [String], _ fixture: FileFixture) async throws -> Int {
    try await sum(damages) { damage in
      try fixture.withFile(of: fixture.bytes) { path in
        guard try RowDamage.apply(damage, to: path) else { return 0 }
        return ArchiveUse.refusals(of: path, fixture, damage)
      }
    }
  }

  /// Adds up what the cases come to, on two cores.
  private func sum<Case: Sendable>(
    _ cases: [Case],
    _ count: @escaping @Sendable (Case) throws -> Int
  ) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for part in 0..<2 {
        group.addTask {
          try stride(from: part, to: cases.count, by: 2).reduce(0) { try $0 + count(cases[$1]) }
        }
      }
      return try await group.reduce(0, +)
    }
  }
}

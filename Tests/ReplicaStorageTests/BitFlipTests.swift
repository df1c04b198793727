import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct BitFlipTests {
  /// What came of a flipped bit.
  enum Outcome: Hashable {
    /// The verification says so.
    case found
    /// The file is not opened, and the error says why.
    case refused
    /// Nothing that can be read in the file is another.
    case harmless
    /// The full-text index says the same in other bytes: FTS5 finds nothing wrong, and every word is at
    /// the same places. A mark that an older segment's entry is void, where there is none, is such a bit.
    case sameWords
    /// Something is another, and nobody says so: the tables.
    case missed([String])
  }

  /// `STET_FLIPS` says how many bits; the long run has more.
  @Test func `a flipped bit of an archive file is found, or nothing that can be read is another`()
    async throws
  {
    let fixture = try FileFixture()
    let original = try fixture.withFile(of: fixture.bytes) { path in
      #expect(try verify(path).damages == [])
      return Original(rows: try LogicalDump.rows(of: path), words: try LogicalDump.words(of: path))
    }
    let count = ProcessInfo.processInfo.environment["STET_FLIPS"].flatMap(Int.init) ?? 500
    let bits = Self.bits(count, of: fixture.bytes.count)
    let outcomes = try await withThrowingTaskGroup(of: [(Int, Outcome)].self) { group in
      for part in 0..<2 {
        group.addTask {
          try bits.enumerated().filter { $0.offset % 2 == part }.map {
            ($0.element, try Self.outcome(of: $0.element, fixture, original))
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    func number(_ outcome: Outcome) -> Int { outcomes.count { $0.1 == outcome } }
    let missed = outcomes.filter { if case .missed = $0.1 { true } else { false } }
    print(
      "\(count) flipped bits in \(fixture.bytes.count) bytes: found \(number(.found)), "
        + "refused \(number(.refused)), harmless \(number(.harmless)), "
        + "same words \(number(.sameWords)), missed \(missed.count)"
    )
    for (bit, outcome) in missed { Issue.record("bit \(bit % 8) of byte \(bit / 8): \(outcome)") }
    #expect(number(.found) > 0)
    #expect(number(.harmless) > 0)
  }

  /// What the file holds before a bit is flipped.
  struct Original: Sendable {
    let rows: [String: [[DatabaseValue]]]
    let words: [[DatabaseValue]]
  }

  /// A tenth of them in the file's header, which is a ten-thousandth of the file.
  private static func bits(_ count: Int, of byteCount: Int) -> [Int] {
    var random = SeededRandom(seed: 1)
    return (0..<count).map { number in
      Int.random(in: 0..<(number % 10 == 0 ? 800 : 8 * byteCount), using: &random)
    }
  }

  private static func outcome(
    of bit: Int,
    _ fixture: FileFixture,
    _ original: Original
  ) throws -> Outcome {
    var bytes = fixture.bytes
    bytes[bit / 8] ^= 1 << (bit % 8)
    return try fixture.withFile(of: bytes) { path in
      do {
        guard try verify(path).damages.isEmpty else { return .found }
      } catch is ReplicaFailure {
        return .refused
      } catch let error where StorageFailure(error) != nil {
        return .refused
      }
      let dump = try LogicalDump.rows(of: path)
      var different = Set(dump.keys).union(original.rows.keys)
        .filter { dump[$0] != original.rows[$0] }
      let replica = try Replica.open(
        path,
        environment: fixture.world.environment(named: "anna"),
        readOnly: true
      )
      if try replica.digest() != fixture.digest { different.insert("digest") }
      try replica.close()
      if different == ["search_data"], try LogicalDump.words(of: path) == original.words {
        return .sameWords
      }
      return different.isEmpty ? .harmless : .missed(different.sorted())
    }
  }
}

private func verify(_ path: String) throws -> VerificationReport {
  try Replica.verify(path, .full, lockTimeout: 1)
}

import CRDT
import ChangeLog
import Testing

@Suite struct AheadVerificationTests {
  /// What somebody remembers of a lane, right or not.
  struct Memory: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var archive = ArchiveID.test
    let recall: @Sendable (TestAuthor, TestLog) -> (key: PublicKey, head: LaneHead)?
  }

  static let memories: [Memory] = [
    Memory(testDescription: "nothing") { _, _ in nil },
    Memory(testDescription: "the head") { author, log in
      log.head(of: author.lane).map { (author.key.publicKey, $0) }
    },
    Memory(testDescription: "an older head") { author, log in
      (author.key.publicKey, LaneHead(seq: 1, hash: log.changes[0].hash))
    },
    Memory(testDescription: "another hash") { author, log in
      (author.key.publicKey, LaneHead(seq: 2, hash: log.changes[0].hash))
    },
    Memory(testDescription: "another's key") { author, log in
      log.head(of: author.lane).map { (author.member.publicKey, $0) }
    },
    Memory(testDescription: "another archive", archive: ArchiveID(Hash(of: [1]))) { author, log in
      log.head(of: author.lane).map { (author.key.publicKey, $0) }
    },
  ]

  @Test(arguments: memories)
  func `the gate decides the same, whatever was verified ahead`(memory: Memory) throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    var pack = try Pack(author.pack([[.write("two")], [.write("three")]]))
    var plain = log
    let expected = try plain.append(pack)
    pack.verifyAhead(in: memory.archive) { _ in memory.recall(author, log) }
    let admission = try log.append(pack)
    #expect(admission.changes == expected.changes)
    #expect(admission.isKnown == expected.isKnown)
    #expect(log.head(of: author.lane) == LaneHead(seq: 4, hash: author.writer.hash))
  }

  @Test(arguments: memories)
  func `a wrong signature stays one`(memory: Memory) throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    var longer = log
    try longer.append(author.pack([[.write("two")]]))
    var forged = ForgedPack()
    try forged.append(
      Array(longer.changes.suffix(1)),
      key: author.key,
      after: log.head(of: author.lane)
    )
    forged.headers.runs[0].signature = [UInt8](repeating: 0, count: 64).data
    var pack = try Pack(forged.bytes)
    pack.verifyAhead(in: memory.archive) { _ in memory.recall(author, log) }
    #expect(throws: LogFailure.damaged("signature of a run")) { try log.append(pack) }
  }

  @Test func `what was verified for another beginning does not pass`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    var twin = author
    let first = try author.pack([[.write("two")]])
    _ = try twin.pack([[.write("another two")]])
    let head = LaneHead(seq: twin.writer.seq, hash: twin.writer.hash)
    var other = try Pack(twin.pack([[.write("three")]]))
    other.verifyAhead(in: .test) { _ in (twin.key.publicKey, head) }
    try log.append(first)
    #expect(throws: LogFailure.fork(ChangeID(lane: author.lane, seq: 3))) { try log.append(other) }
  }
}

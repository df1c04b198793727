import CRDT
import ChangeLog
import SyncSimulation
import Testing

@Suite struct GateTests {
  @Test func `a lane's beginning passes with its certification`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    let admission = try log.append(author.pack([[.write("one")]]))
    #expect(admission.newCount == 2)
    #expect(
      admission.beginnings[author.lane]
        == (try Certification(
          beginning: log.changes[0],
          writingKey: author.key.publicKey,
          archive: .test
        ))
    )
    #expect(admission.beginnings[author.lane]?.member == author.member.publicKey)
    #expect(log.head(of: author.lane) == LaneHead(seq: 2, hash: author.writer.hash))
  }

  @Test func `what is there already is skipped`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    let first = try author.pack([[.write("one")]])
    try log.append(first)
    let again = try log.append(first)
    #expect(again.isKnown == [true, true])
    #expect(again.newCount == 0)
    #expect(log.changes.count == 2)
  }

  @Test func `what is new in a pack that is known in part is taken`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    try log.append(author.pack([[.write("two")]]))
    var whole = ForgedPack()
    try whole.append(log.changes, key: author.key)
    var half = TestLog()
    var again = try TestAuthor(1)
    try half.append(again.pack([[.write("one")]]))
    #expect(try half.append(whole.bytes).isKnown == [true, true, false])
    #expect(half.changes.map(\.hash) == log.changes.map(\.hash))
  }

  // MARK: - Gaps

  @Test func `an unknown lane needs its beginning`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    _ = try author.pack()
    let second = try author.pack([[.write("one")]])
    #expect(throws: LogFailure.gap(ChangeID(lane: author.lane, seq: 1))) { try log.append(second) }
  }

  @Test func `a lane does not skip changes`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack())
    let second = try author.pack([[.write("one")]])
    let third = try author.pack([[.write("two")]])
    #expect(throws: LogFailure.gap(ChangeID(lane: author.lane, seq: 2))) { try log.append(third) }
    try log.append(second)
    #expect(try log.append(third).newCount == 1)
  }

  /// Two authors, the second's change names the first's; and what each packed.
  private func dependent() throws -> (
    log: TestLog, first: [UInt8], second: [UInt8], named: ChangeID
  ) {
    var log = TestLog()
    var first = try TestAuthor(1)
    var second = try TestAuthor(2)
    let firstPack = try first.pack([[.write("one")]])
    try log.append(firstPack)
    let name = Dot(lane: first.lane, seq: 2, index: 0)
    let secondPack = try second.pack([[.write("two", names: [name])]], hashOf: log.requiredHash)
    return (log, firstPack, secondPack, ChangeID(lane: first.lane, seq: 2))
  }

  @Test func `a change waits for what it names`() throws {
    let (_, first, second, named) = try dependent()
    var log = TestLog()
    #expect(throws: LogFailure.gap(named)) { try log.append(second) }
    #expect(log.changes.isEmpty)
    try log.append(first)
    #expect(try log.append(second).newCount == 2)
  }

  @Test func `what is named may come in the same pack before, not after`() throws {
    let (built, _, second, named) = try dependent()
    var log = built
    try log.append(second)
    let keys = [try PrivateKey.test(1), try PrivateKey.test(2)]
    let lanes = keys.map { key in
      log.changes.filter { $0.lane == LaneID(writingKey: key.publicKey) }
    }
    var forward = ForgedPack()
    try forward.append(lanes[0], key: keys[0])
    try forward.append(lanes[1], key: keys[1])
    var fresh = TestLog()
    #expect(try fresh.append(forward.bytes).newCount == 4)
    var backward = ForgedPack()
    try backward.append(lanes[1], key: keys[1])
    try backward.append(lanes[0], key: keys[0])
    var other = TestLog()
    #expect(throws: LogFailure.gap(named)) { try other.append(backward.bytes) }
  }

  // MARK: - Forks

  @Test func `a known seq with another hash splits the lane`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    var copy = author
    try log.append(author.pack([[.write("one")]]))
    let other = try copy.pack([[.write("another")]])
    let admission = try Gate(archive: .test).admit(Pack(other), to: log)
    let rest = LaneBranch(
      lane: LaneID(branchOf: author.key.publicKey, first: log.changes[1].hash),
      root: author.lane,
      parent: author.lane,
      firstSeq: 2
    )
    #expect(admission.splits == [LaneSplit(lane: author.lane, branches: [rest])])
    #expect(admission.branches.map(\.parent) == [author.lane])
    #expect(admission.changes.map(\.lane) == [author.lane] + admission.branches.map(\.lane))
  }

  @Test func `a pack asks the log in proportion to its changes, however many forks it shows`()
    throws
  {
    var writers = try WriterFixture(seed: 1)
    var trunk = try writers.lane()
    var log = TestLog()
    var ways: [PackFixture] = []
    for _ in 0..<200 {
      try log.append(trunk.pack().bytes, archive: writers.genesis.archive)
      var twin = trunk
      twin.diverge()
      ways.append(try twin.pack())
    }
    for order in [ways, ways.reversed()] {
      let counting = CountingLog(log)
      let pack = try Pack(PackFixture.joining(order).bytes)
      let admission = try Gate(archive: writers.genesis.archive).admit(pack, to: counting)
      // The last one goes on where the log ends.
      #expect(admission.splits.map(\.branches.count) == [199])
      #expect(admission.branches.count == 199)
      #expect(counting.readCount <= 8 * ways.count)
    }
  }

  @Test func `going on from another hash is a fork`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    var copy = author
    try log.append(author.pack([[.write("one")]]))
    _ = try copy.pack([[.write("another")]])
    let next = try copy.pack([[.write("more")]])
    #expect(throws: LogFailure.fork(ChangeID(lane: author.lane, seq: 2))) { try log.append(next) }
  }

  @Test func `naming a change by another hash is a fork`() throws {
    let (log, _, _, named) = try dependent()
    var second = try TestAuthor(2)
    let name = Dot(lane: named.lane, seq: named.seq, index: 0)
    let pack = try second.pack([[.write("two", names: [name])]]) { _ in Hash(of: [1]) }
    var other = log
    #expect(throws: LogFailure.fork(named)) { try other.append(pack) }
  }

  @Test func `a lane of another archive does not fit`() throws {
    var log = TestLog()
    var author = try TestAuthor(1, in: ArchiveID(Hash(of: [1])))
    let pack = try author.pack()
    let failure = LogFailure.malformed("run: it was written for another archive")
    #expect(throws: failure) { try log.append(pack) }
  }

  // MARK: - Several runs of one lane

  @Test func `two runs of a lane in one pack follow each other`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack())
    let head = try #require(log.head(of: author.lane))
    try log.append(author.pack([[.write("one")]]))
    var pack = ForgedPack()
    try pack.append([log.changes[0]], key: author.key)
    try pack.append([log.changes[1]], key: author.key, after: head)
    var fresh = TestLog()
    #expect(try fresh.append(pack.bytes).isKnown == [false, false])
    #expect(fresh.head(of: author.lane) == log.head(of: author.lane))
  }

  @Test func `a change stands once in a pack`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    var twice = ForgedPack()
    try twice.append(log.changes, key: author.key)
    try twice.append(log.changes, key: author.key)
    let bytes = twice.bytes
    #expect(throws: LogFailure.malformed("pack")) { try log.append(bytes) }
    var fresh = TestLog()
    #expect(throws: LogFailure.malformed("pack")) { try fresh.append(bytes) }
  }

  // MARK: - Signatures

  @Test func `a run needs its author's signature`() throws {
    let author = try TestAuthor(1)
    var log = TestLog()
    var writer = author
    try log.append(writer.pack())
    var pack = ForgedPack()
    try pack.append(log.changes, key: author.key)
    let head = LaneHead(seq: 1, hash: log.changes[0].hash)
    let statement = Statement.head(archive: .test, lane: author.lane, seq: 1, hash: head.hash)
    let others: [(fact: String, signature: [UInt8])] = [
      ("another's", try PrivateKey.test(2).signature(of: statement)),
      (
        "over another seq",
        try author.key.signature(
          of: .head(archive: .test, lane: author.lane, seq: 2, hash: head.hash)
        )
      ),
      (
        "for another purpose",
        try author.key.signature(of: .writingKey(archive: .test, key: author.key.publicKey))
      ),
      ("none", [UInt8](repeating: 0, count: 64)),
    ]
    for (fact, signature) in others {
      pack.headers.runs[0].signature = signature.data
      var fresh = TestLog()
      #expect(throws: LogFailure.damaged("signature of a run"), "\(fact)") {
        try fresh.append(pack.bytes)
      }
    }
  }

  // MARK: - Certifications

  struct CertificationFixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var draft: @Sendable (TestAuthor) throws -> ChangeDraft

    var testDescription: String { fact }

    static let all = [
      CertificationFixture(fact: "missing") { _ in .edit([.write("one")]) },
      CertificationFixture(fact: "no operation") { author in
        ChangeDraft(
          object: .profile(of: author.member.publicKey),
          changeClass: .identity,
          operations: [],
          time: 0
        )
      },
      CertificationFixture(fact: "of another class") { author in
        ChangeDraft(
          object: .profile(of: author.member.publicKey),
          changeClass: .admin,
          operations: try author.certification.operations,
          time: 0
        )
      },
      CertificationFixture(fact: "on another profile") { author in
        ChangeDraft(
          object: .test,
          changeClass: .identity,
          operations: try author.certification.operations,
          time: 0
        )
      },
      CertificationFixture(fact: "not the first operation") { author in
        ChangeDraft(
          object: .profile(of: author.member.publicKey),
          changeClass: .identity,
          operations: [.write("name")] + (try author.certification.operations),
          time: 0
        )
      },
      CertificationFixture(fact: "of another kind") { author in
        certification(
          author,
          Operation(field: 1, kind: .write, body: try author.certification.operations[0].body)
        )
      },
      CertificationFixture(fact: "in another field") { author in
        certification(
          author,
          Operation(field: 2, kind: .add, body: try author.certification.operations[0].body)
        )
      },
      CertificationFixture(fact: "of another writing key") { author in
        certification(
          author,
          try Certification(of: PrivateKey.test(50).publicKey, by: author.member, in: .test)
            .operation
        )
      },
      CertificationFixture(fact: "for another archive") { author in
        certification(
          author,
          try Certification(
            of: author.key.publicKey,
            by: author.member,
            in: ArchiveID(Hash(of: []))
          ).operation
        )
      },
      CertificationFixture(fact: "signed by another member") { author in
        var wire = try WireCertification(
          serializedBytes: author.certification.operations[0].body
        )
        let stranger = try PrivateKey.test(51)
        wire.signature = try stranger.signature(
          of: .writingKey(archive: .test, key: author.key.publicKey)
        ).data
        return certification(author, Operation(field: 1, kind: .add, body: wire.encoded))
      },
      CertificationFixture(fact: "of bytes that are none") { author in
        certification(author, Operation(field: 1, kind: .add, body: [1, 2, 3]))
      },
    ]

    private static func certification(_ author: TestAuthor, _ operation: Operation) -> ChangeDraft {
      ChangeDraft(
        object: .profile(of: author.member.publicKey),
        changeClass: .identity,
        operations: [operation],
        time: 0
      )
    }
  }

  @Test(arguments: CertificationFixture.all)
  func `a lane that no member vouches for is refused`(_ fixture: CertificationFixture) throws {
    let author = try TestAuthor(1)
    var writer = author.writer
    var draft = PackDraft(after: writer)
    draft.append(
      try writer.write(fixture.draft(author), salt: [UInt8](repeating: 0, count: 16)) {
        throw LogFailure.gap($0)
      }
    )
    let signature = try writer.signature(of: LaneHead(seq: writer.seq, hash: writer.hash))
    let pack = try draft.sealed(signature: signature, level: 6)
    var log = TestLog()
    #expect(throws: LogFailure.malformed("first change of a lane")) { try log.append(pack) }
  }
}

import CRDT
import ChangeLog
import Testing

@Suite struct ChangeTests {
  @Test func `a change reads as it was written`() throws {
    var log = TestLog()
    var first = try TestAuthor(1)
    var second = try TestAuthor(2)
    try log.append(first.pack([[.write("one")], [.write("two")]]))
    let names = [Dot(lane: first.lane, seq: 2, index: 0), Dot(lane: first.lane, seq: 3, index: 4)]
    let own = Dot(lane: second.lane, seq: 1, index: 0)
    let operations = [
      Operation.write("three", names: names), Operation(field: 20, kind: .add, names: [own]),
      Operation(field: 77, rawKind: 99, names: [], body: [0, 255]),
    ]
    try log.append(second.pack([operations], hashOf: log.requiredHash))
    let change = try #require(log.changes.last)
    #expect(change.id == ChangeID(lane: second.lane, seq: 2))
    #expect(change.header.time == 1_500_000_000_000)
    #expect(change.header.changeClass == .edit)
    #expect(change.header.action == 2)
    let named = ChangeID(lane: first.lane, seq: 3)
    #expect(
      change.header.dependencies == [
        Dependency(change: named, hashPrefix: try log.requiredHash(of: named).prefix)
      ]
    )
    let payload = try ChangePayload(of: change)
    #expect(payload.object == .test)
    #expect(payload.operations == operations)
  }

  @Test func `a change continues the action it is told to`() throws {
    let author = try TestAuthor(1)
    var draft = PackDraft(after: author.writer)
    var writer = author.writer
    for draftedChange in [
      try author.certification,
      ChangeDraft(object: .test, changeClass: .annotate, operations: [], time: -1, action: 1),
    ] {
      draft.append(
        try writer.write(draftedChange, salt: [UInt8](repeating: 0, count: 16)) {
          throw LogFailure.gap($0)
        }
      )
    }
    #expect(draft.changes.map(\.header.action) == [1, 1])
    #expect(draft.changes[1].header.time == -1)
    #expect(draft.span.lane == author.lane)
    #expect(draft.span.firstSeq == 1)
    #expect(draft.span.lastSeq == 2)
    #expect(draft.head == LaneHead(seq: writer.seq, hash: writer.hash))
  }

  @Test func `a change says why, and what it takes back, also of another lane`() throws {
    let archive = ArchiveID.test
    let other = try TestAuthor(2)
    let otherHead = Hash(of: Array("the other lane's third change".utf8))
    var writer = LaneWriter(archive: archive, key: try .test(1), head: nil)
    for undone in [ChangeID(lane: writer.lane, seq: 1), ChangeID(lane: other.lane, seq: 3)] {
      let change = try writer.write(
        ChangeDraft(
          object: .test,
          changeClass: .edit,
          operations: [],
          time: 0,
          reason: "typed twice, é",
          undoes: undone
        ),
        salt: [UInt8](repeating: 0, count: 16)
      ) { id in
        guard id == undone else { throw LogFailure.gap(id) }
        return otherHead
      }
      let payload = try ChangePayload(of: change)
      #expect(payload.reason == "typed twice, é")
      #expect(payload.undoes == undone)
      #expect(change.header.dependencies.count == (undone.lane == writer.lane ? 0 : 1))
    }
  }

  @Test func `the hash chains header and payload`() throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack([[.write("one")]]))
    var hash = Hash(
      of: Array("stet/1 lane".utf8) + ArchiveID.test.bytes + author.key.publicKey.bytes
    )
    for change in log.changes {
      hash = Hash(
        of: hash.bytes + Hash(of: change.headerBytes).bytes + Hash(of: change.payloadBytes).bytes
      )
      #expect(change.hash == hash)
    }
  }

  /// A reference by the number of a dependency, of which there is one, to change 2.
  @Test(
    arguments: [
      (lane: 0, seq: 2, isKnown: true), (lane: 0, seq: 3, isKnown: false),
      (lane: 1, seq: 2, isKnown: true), (lane: 1, seq: 3, isKnown: false),
      (lane: 2, seq: 1, isKnown: false), (lane: .max, seq: 1, isKnown: false),
    ] as [(lane: UInt32, seq: UInt64, isKnown: Bool)]
  )
  func `an operation that names what its author cannot have seen is none`(
    lane: UInt32,
    seq: UInt64,
    isKnown: Bool
  ) throws {
    var log = TestLog()
    var first = try TestAuthor(1)
    var second = try TestAuthor(2)
    try log.append(first.pack([[.write("one")], [.write("two")]]))
    try log.append(second.pack())
    var header = ForgedPack.header(seq: 2, operationCount: 2)
    let known = ChangeID(lane: first.lane, seq: 2)
    var dependency = WireDependency()
    dependency.lane = known.lane.bytes.data
    dependency.seq = known.seq
    dependency.hash = try log.requiredHash(of: known).prefix.data
    header.dependencies = [dependency]
    var reference = WireDotReference()
    reference.lane = lane
    reference.seq = seq
    var operation = WireOperation()
    operation.kind = 1
    operation.names = [reference]
    let payload = ForgedPack.payload([operation, WireOperation()])
    var pack = ForgedPack()
    try pack.append(
      [(header.encoded, payload.encoded)],
      key: second.key,
      after: log.head(of: second.lane)
    )
    try log.append(pack.bytes)
    let operations = try ChangePayload(of: try #require(log.changes.last)).operations
    #expect((operations[0] != nil) == isKnown)
    #expect(operations[1] != nil)
  }

  // MARK: - Headers that are none

  struct HeaderFixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var failure: LogFailure
    var change: @Sendable (inout WireChangeHeader, LaneID) -> Void

    var testDescription: String { fact }

    static let all = [
      HeaderFixture(fact: "scope", failure: .unsupported("change header")) { header, _ in
        header.scope = 1
      },
      HeaderFixture(fact: "class", failure: .unsupported("change header")) { header, _ in
        header.class = 5
      },
      HeaderFixture(fact: "no class", failure: .unsupported("change header")) { header, _ in
        header.class = 0
      },
      HeaderFixture(fact: "seq 0", failure: .malformed("change header")) { header, _ in
        header.seq = 0
      },
      HeaderFixture(fact: "largest seq", failure: .malformed("change header")) { header, _ in
        header.seq = .max
      },
      HeaderFixture(fact: "time", failure: .malformed("change header")) { header, _ in
        header.time = FormatLimits.timeLimit + 1
      },
      HeaderFixture(fact: "earliest time", failure: .malformed("change header")) { header, _ in
        header.time = .min
      },
      HeaderFixture(fact: "seq of another place", failure: .malformed("run")) { header, _ in
        header.seq = 3
      },
      HeaderFixture(fact: "operations", failure: .tooLarge("change header")) { header, _ in
        header.operationCount = 4097
      },
      HeaderFixture(fact: "dependency on itself", failure: .malformed("change header")) {
        header,
        lane in
        header.dependencies = [dependency(on: lane)]
      },
      HeaderFixture(fact: "dependency without seq", failure: .malformed("change header")) {
        header,
        _ in
        header.dependencies = [WireDependency()]
      },
      HeaderFixture(fact: "dependencies", failure: .tooLarge("change header")) { header, lane in
        header.dependencies = Array(repeating: dependency(on: lane), count: 4097)
      },
    ]

    private static func dependency(on lane: LaneID) -> WireDependency {
      var dependency = WireDependency()
      dependency.lane = lane.bytes.data
      dependency.seq = 1
      dependency.hash = [UInt8](repeating: 0, count: 8).data
      return dependency
    }
  }

  @Test(arguments: HeaderFixture.all)
  func `refuses a header out of bounds`(_ fixture: HeaderFixture) throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack())
    var header = ForgedPack.header(seq: 2)
    fixture.change(&header, author.lane)
    var pack = ForgedPack()
    try pack.append(
      [(header.encoded, ForgedPack.payload().encoded)],
      key: author.key,
      after: log.head(of: author.lane)
    )
    let bytes = pack.bytes
    #expect(throws: fixture.failure) { try log.append(bytes) }
  }

  // MARK: - Payloads that are none

  struct PayloadFixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var failure: LogFailure
    var operationCount = 0
    var payload: @Sendable () -> [UInt8]

    var testDescription: String { fact }

    static let all = [
      PayloadFixture(fact: "no protobuf", failure: .malformed("change payload")) { [255, 255] },
      PayloadFixture(fact: "no object", failure: .malformed("change payload")) { [] },
      PayloadFixture(
        fact: "fewer operations than its header says",
        failure: .malformed("change payload"),
        operationCount: 1
      ) { ForgedPack.payload().encoded },
      PayloadFixture(fact: "more operations", failure: .malformed("change payload")) {
        ForgedPack.payload([WireOperation()]).encoded
      },
      PayloadFixture(fact: "names", failure: .tooLarge("change payload"), operationCount: 2) {
        var operation = WireOperation()
        operation.names = Array(
          repeating: WireDotReference(),
          count: FormatLimits.nameCountLimit / 2 + 1
        )
        return ForgedPack.payload([operation, operation]).encoded
      },
    ]
  }

  @Test(arguments: PayloadFixture.all)
  func `a payload out of the format is kept and not read`(_ fixture: PayloadFixture) throws {
    var log = TestLog()
    var author = try TestAuthor(1)
    try log.append(author.pack())
    let header = ForgedPack.header(seq: 2, operationCount: fixture.operationCount)
    let payload = fixture.payload()
    var pack = ForgedPack()
    try pack.append(
      [(header.encoded, payload)],
      key: author.key,
      after: log.head(of: author.lane)
    )
    try log.append(pack.bytes)
    let change = try #require(log.changes.last)
    #expect(change.payloadBytes == payload)
    #expect(throws: fixture.failure) { try ChangePayload(of: change) }
  }

  // MARK: - Writing

  @Test func `nobody writes what others refuse`() throws {
    var author = try TestAuthor(1)
    let own = Dot(lane: author.lane, seq: 1, index: 0)
    let drafts: [[Operation]] = [
      Array(repeating: .write(""), count: FormatLimits.operationCountLimit + 1),
      [.write(String(repeating: "x", count: FormatLimits.changeByteLimit))],
      [.write("", names: Array(repeating: own, count: FormatLimits.nameCountLimit + 1))],
    ]
    for draft in drafts {
      #expect(throws: LogFailure.tooLarge("change")) { try author.pack([draft]) }
    }
  }

  @Test func `a change too large leaves the lane where it was`() throws {
    var author = try TestAuthor(1)
    _ = try author.pack()
    var writer = author.writer
    #expect(throws: LogFailure.tooLarge("change")) {
      try writer.write(
        .edit([.write(String(repeating: "x", count: 1 << 20))]),
        salt: [UInt8](repeating: 0, count: 16),
        hashOf: { throw LogFailure.gap($0) }
      )
    }
    #expect(writer.seq == author.writer.seq)
    #expect(writer.hash == author.writer.hash)
  }
}

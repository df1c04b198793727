import CRDT
import ChangeLog
import SyncSimulation
import Testing

@Suite struct PackTests {
  /// The changes that come out of a pack of one lane's beginning; `nil` when it is refused.
  private func changes(of bytes: [UInt8]) -> [Change]? {
    var log = TestLog()
    return try? log.append(bytes).changes
  }

  @Test(arguments: [1, 6, 9] as [Int32])
  func `changes come out as they went in`(level: Int32) throws {
    var author = try TestAuthor(1)
    let text = String(repeating: "rain and snow ", count: 100)
    let bytes = try author.pack([[.write(text)], [.write("short")]], level: level)
    #expect(bytes.count < text.utf8.count)
    let pack = try Pack(bytes)
    #expect(pack.changeCount == 3)
    #expect(pack.spans.map(\.lane) == [author.lane])
    #expect(pack.spans.map(\.firstSeq) == [1])
    #expect(pack.spans.map(\.count) == [3])
    let changes = try #require(self.changes(of: bytes))
    #expect(changes.map(\.header.seq) == [1, 2, 3])
    #expect(changes.last?.hash == author.writer.hash)
    #expect(try ChangePayload(of: changes[1]).operations == [.write(text)])
  }

  @Test func `a pack says how large it would be without compression`() throws {
    let operations = [[ChangeLog.Operation.write(String(repeating: "rain and snow ", count: 100))]]
    var (author, other) = (try TestAuthor(1), try TestAuthor(1))
    let stored = try author.pack(operations, level: 0)
    let compressed = try other.pack(operations, level: 6)
    #expect(Pack.declaredPlainByteCount(of: stored) == stored.count)
    let plain = try #require(Pack.declaredPlainByteCount(of: compressed))
    // But for the numbers before the sections: a codec, and a length that has fewer digits.
    #expect(abs(plain - stored.count) <= 8)
    #expect(compressed.count < stored.count / 2)
    #expect(Pack.declaredPlainByteCount(of: [255, 255, 255]) == nil)
  }

  @Test func `sealing is a function of draft, signature and level`() throws {
    let author = try TestAuthor(1)
    var writer = author.writer
    var draft = PackDraft(after: writer)
    draft.append(
      try writer.write(author.certification, salt: [UInt8](repeating: 0, count: 16)) {
        throw LogFailure.gap($0)
      }
    )
    let signature = try writer.signature(of: LaneHead(seq: writer.seq, hash: writer.hash))
    let once = try draft.sealed(signature: signature, level: 6)
    #expect(try draft.sealed(signature: signature, level: 6) == once)
    #expect(changes(of: once) != nil)
  }

  @Test func `a draft has room for one change of any size and then up to its target`() throws {
    let author = try TestAuthor(1)
    var writer = author.writer
    var draft = PackDraft(after: writer)
    #expect(draft.hasRoom(for: 1000, targetByteCount: 10))
    draft.append(
      try writer.write(author.certification, salt: [UInt8](repeating: 0, count: 16)) {
        throw LogFailure.gap($0)
      }
    )
    #expect(draft.hasRoom(for: 10, targetByteCount: draft.byteCount + 10))
    #expect(!draft.hasRoom(for: 11, targetByteCount: draft.byteCount + 10))
  }

  // MARK: - Hostile bytes

  @Test(arguments: [0, 40])
  func `a flipped bit is refused or changes nothing`(repetitions: Int) throws {
    var author = try TestAuthor(1)
    let text = String(repeating: "rain", count: repetitions)
    let bytes = try author.pack([[.write(text)]])
    let whole = try #require(changes(of: bytes))
    for place in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[place] ^= 1 << bit
        if let changes = changes(of: flipped) {
          #expect(changes == whole, "bit \(bit) of \(place)")
        }
      }
    }
  }

  @Test func `a truncated pack is refused`() throws {
    var author = try TestAuthor(1)
    let bytes = try author.pack([[.write("one")]])
    for count in 0..<bytes.count {
      #expect(throws: LogFailure.self) { try Pack(Array(bytes.prefix(count))) }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `bytes at random are refused or change nothing`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var author = try TestAuthor(1)
    let bytes = try author.pack([[.write(String(repeating: "rain", count: 40))]])
    let whole = try #require(changes(of: bytes))
    for _ in 0..<100 {
      var mangled = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let start = Int.random(in: mangled.indices, using: &random)
        let end = min(mangled.count, start + Int.random(in: 0...8, using: &random))
        mangled.replaceSubrange(
          start..<end,
          with: random.bytes(.random(in: 0...8, using: &random))
        )
      }
      if let changes = changes(of: mangled) { #expect(changes == whole) }
      let noise = random.bytes(.random(in: 0...200, using: &random))
      #expect(changes(of: noise) == nil)
    }
  }

  struct SectionFixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var failure: LogFailure
    var change: @Sendable (inout WireSection) -> Void

    var testDescription: String { fact }

    static let all = [
      SectionFixture(fact: "one byte too many declared", failure: .damaged("pack section")) {
        $0.rawSize += 1
      },
      SectionFixture(fact: "one byte too few declared", failure: .damaged("pack section")) {
        $0.rawSize -= 1
      },
      SectionFixture(fact: "above the limit", failure: .tooLarge("pack section")) {
        $0.rawSize = (4 << 20) + 1
      },
      SectionFixture(fact: "the most that can be declared", failure: .tooLarge("pack section")) {
        $0.rawSize = .max
      },
      SectionFixture(fact: "checksum", failure: .damaged("pack section")) { $0.checksum ^= 1 },
      SectionFixture(fact: "unknown codec", failure: .unsupported("pack section")) { $0.codec = 2 },
      SectionFixture(fact: "not compressed", failure: .damaged("compressed section")) {
        $0.codec = 1
      },
      SectionFixture(fact: "declared without any byte", failure: .damaged("compressed section")) {
        $0 = WireSection()
        $0.codec = 1
        $0.rawSize = 4 << 20
      },
      SectionFixture(fact: "bomb", failure: .tooLarge("pack section")) {
        $0.deflate([UInt8](repeating: 0, count: 8 << 20))
      },
      SectionFixture(fact: "bomb that declares little", failure: .damaged("compressed section")) {
        $0.deflate([UInt8](repeating: 0, count: 8 << 20))
        $0.rawSize = 1000
      },
      SectionFixture(fact: "declares more than it holds", failure: .damaged("compressed section")) {
        $0.deflate([UInt8](repeating: 0, count: 1 << 20))
        $0.rawSize += 1
      },
    ]
  }

  @Test(arguments: SectionFixture.all)
  func `a section that lies is refused`(_ fixture: SectionFixture) throws {
    var forged = ForgedPack()
    try forged.append([([], [])], key: .test(1))
    let pack = try WirePack(serializedBytes: forged.bytes)
    for isHeaders in [true, false] {
      var lying = pack
      if isHeaders { fixture.change(&lying.headers) } else { fixture.change(&lying.payloads) }
      let encoded = lying.encoded
      #expect(throws: fixture.failure) { try Pack(encoded) }
    }
  }

  @Test func `a pack of another format or scope is refused`() throws {
    var author = try TestAuthor(1)
    let whole = try WirePack(serializedBytes: author.pack())
    for (format, scope) in [(0, 0), (2, 0), (1, 1)] as [(UInt32, UInt32)] {
      var pack = whole
      pack.format = format
      pack.scope = scope
      let encoded = pack.encoded
      #expect(throws: LogFailure.unsupported("pack")) { try Pack(encoded) }
    }
  }

  @Test func `more changes than a pack may hold are refused`() throws {
    let key = try PrivateKey.test(1)
    let limit = FormatLimits.packChangeCountLimit
    let change = (header: [UInt8](), payload: [UInt8]())
    var oneRun = ForgedPack()
    try oneRun.append(Array(repeating: change, count: limit + 1), key: key)
    #expect(throws: LogFailure.tooLarge("pack")) { try Pack(oneRun.bytes) }
    var twoRuns = ForgedPack()
    let head = try twoRuns.append(Array(repeating: change, count: limit), key: key)
    #expect(try Pack(twoRuns.bytes).changeCount == limit)
    try twoRuns.append([change], key: key, after: head)
    #expect(throws: LogFailure.tooLarge("pack")) { try Pack(twoRuns.bytes) }
  }

  @Test func `more runs than a pack may hold changes are refused before any is decoded`() {
    let empty = [UInt8](arrayLiteral: 0x0A, 0)
    let runs = Array(repeating: empty, count: FormatLimits.packChangeCountLimit + 1).flatMap(\.self)
    // The same number of changes in one run: their fields are 5 in headers and 1 in payloads.
    let count = FormatLimits.packChangeCountLimit + 1
    let length: [UInt8] = [UInt8(2 * count & 0x7F | 0x80), UInt8(2 * count >> 7 & 0x7F | 0x80), 2]
    let oneRun = [0x2A, 0x0A].map { (tag: UInt8) in
      [0x0A] + length + Array(repeating: [tag, 0], count: count).flatMap(\.self)
    }
    let bombs = [(runs, empty), (empty, runs), (oneRun[0], empty), (empty, oneRun[1])]
    for (headers, payloads) in bombs {
      let bytes = ForgedPack.bytes(
        headers: ForgedPack.section(headers),
        payloads: ForgedPack.section(payloads)
      )
      #expect(throws: LogFailure.tooLarge("pack")) { try Pack(bytes) }
    }
  }

  @Test func `a pack larger than any is refused before it is read`() {
    let bytes = [UInt8](repeating: 0, count: FormatLimits.packByteLimit + 1)
    #expect(throws: LogFailure.tooLarge("pack")) { try Pack(bytes) }
  }

  struct RunFixture: CustomTestStringConvertible, Sendable {
    var fact: String
    var change: @Sendable (inout ForgedPack) -> Void

    var testDescription: String { fact }

    static let all = [
      RunFixture(fact: "no run") { $0 = ForgedPack() },
      RunFixture(fact: "run without payloads") { $0.payloads.runs = [] },
      RunFixture(fact: "payload without header") {
        $0.payloads.runs[0].payloads.append([1].data)
      },
      RunFixture(fact: "empty run") {
        $0.headers.runs[0].headers = []
        $0.payloads.runs[0].payloads = []
      },
      RunFixture(fact: "short lane") { $0.headers.runs[0].lane = [1, 2].data },
      RunFixture(fact: "lane of another key") {
        $0.headers.runs[0].lane = [UInt8](repeating: 1, count: 16).data
      },
      RunFixture(fact: "no writing key at the beginning") {
        $0.headers.runs[0].writingKey = [UInt8]().data
      },
      RunFixture(fact: "writing key in the middle") { $0.headers.runs[0].firstSeq = 2 },
      RunFixture(fact: "seq 0") { $0.headers.runs[0].firstSeq = 0 },
      RunFixture(fact: "largest seq") {
        $0.headers.runs[0].firstSeq = .max
        $0.headers.runs[0].writingKey = [UInt8]().data
      },
      RunFixture(fact: "short hash before it") { $0.headers.runs[0].previous = [1].data },
      RunFixture(fact: "short signature") {
        $0.headers.runs[0].signature = [UInt8](repeating: 0, count: 63).data
      },
    ]
  }

  @Test(arguments: RunFixture.all)
  func `a run out of the format is refused`(_ fixture: RunFixture) throws {
    var pack = ForgedPack()
    try pack.append([([], [])], key: .test(1))
    #expect(try Pack(pack.bytes).changeCount == 1)
    fixture.change(&pack)
    let bytes = pack.bytes
    let failure = #expect(throws: LogFailure.self) { try Pack(bytes) }
    #expect([.malformed("pack"), .malformed("run")].contains(failure))
  }
}

extension WireSection {
  /// Holds bytes compressed, and says so.
  fileprivate mutating func deflate(_ raw: [UInt8]) {
    let compressed = Deflate.compress(raw, level: 9)
    codec = 1
    rawSize = UInt32(raw.count)
    checksum = Deflate.checksum(compressed)
    data = compressed.data
  }
}

import ChangeLog
import Testing

@Suite struct MessageFieldsTests {
  @Test(
    arguments: [
      ([], 0), ([0x0A, 0], 1), ([0x0A, 0, 0x0A, 0], 2), ([0x12, 0, 0x0A, 0], 1),
      // In others: a varint, 8 bytes, 4 bytes, and bytes that look like the field.
      ([0x18, 0x80, 0x01, 0x0A, 0], 1), ([0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x0A, 0], 1),
      ([0x1D, 1, 2, 3, 4, 0x0A, 0], 1), ([0x1A, 2, 0x0A, 0, 0x0A, 0], 1),
      // Cut short, longer than the message, a group, a number without end.
      ([0x0A], nil), ([0x0A, 2, 0], nil), ([0x0B], nil), ([0x08, 0x80], nil),
      ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], nil),
    ] as [([UInt8], Int?)]
  )
  func `a field is counted by tags alone`(bytes: [UInt8], count: Int?) {
    #expect(bytes.fieldCount(1) == count)
  }

  @Test func `a field is counted in all messages of a kind`() {
    let inner: [UInt8] = [0x2A, 0, 0x2A, 1, 7, 0x32, 0]
    let bytes: [UInt8] = [0x0A, 7] + inner + [0x12, 2, 0x2A, 0] + [0x0A, 2, 0x2A, 0]
    #expect(bytes.fieldCount(1) == 2)
    #expect(bytes.fieldCount(1, 5) == 3)
    #expect(bytes.fieldCount(2, 5) == 1)
    // What should be a message is a number, or no message.
    #expect(([0x08, 1] as [UInt8]).fieldCount(1, 5) == 0)
    #expect(([0x0A, 1, 0x2A] as [UInt8]).fieldCount(1, 5) == nil)
  }

  /// A parser passes over what it does not know; whoever counts first must not refuse it.
  @Test func `unknown groups and kinds are taken wherever a parser takes them`() throws {
    let unknown: [UInt8] = [0x7B, 0x12, 1, 7, 0x7C, 0x28, 1]
    let key = try PrivateKey.test(1)
    var pack = ForgedPack()
    var author = try TestAuthor(1)
    var log = TestLog()
    try log.append(author.pack([[.write("one")]]))
    // Field 5 of a header's run and 7 of a header are not numbers; 15 is nobody's.
    try pack.append(
      log.changes.map {
        ($0.headerBytes + [0x7B, 0x7C, 0x38, 1], $0.payloadBytes + [0x7B, 0x7C, 0x20, 1])
      },
      key: key
    )
    let bytes = ForgedPack.bytes(
      headers: ForgedPack.section(pack.headers.encoded + [0x7B, 0x7C, 0x08, 1]),
      payloads: ForgedPack.section(pack.payloads.encoded + [0x7B, 0x7C, 0x08, 1])
    )
    var fresh = TestLog()
    #expect(try fresh.append(bytes + unknown).newCount == 2)
    for (change, plain) in zip(fresh.changes, log.changes) {
      #expect(change.header == plain.header)
      #expect(try ChangePayload(of: change) == ChangePayload(of: plain))
    }
  }
}

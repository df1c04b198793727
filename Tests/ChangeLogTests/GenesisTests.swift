import ChangeLog
import Testing

@Suite struct GenesisTests {
  @Test func `a record reads as it was written and names the archive`() throws {
    let creator = try PrivateKey.test(1).publicKey
    let salt = [UInt8](repeating: 2, count: 16)
    let genesis = try Genesis(creator: creator, salt: salt, name: "desk-1_a.b")
    let read = try Genesis(genesis.bytes)
    #expect(read.creator == creator)
    #expect(read.name == "desk-1_a.b")
    #expect(read.archive == ArchiveID(Hash(of: genesis.bytes)))
    let other = try Genesis(
      creator: creator,
      salt: [UInt8](repeating: 3, count: 16),
      name: "desk-1_a.b"
    )
    #expect(other.archive != genesis.archive)
  }

  @Test(arguments: [
    ("a", true), ("9", true), ("A.b-c_d", true), (String(repeating: "a", count: 56), true),
    (String(repeating: "a", count: 57), false), ("", false), (".hidden", false), ("-v", false),
    ("a/b", false), ("a b", false), ("é", false), ("a\u{301}", false), ("a\n", false),
  ])
  func `a name is part of an address`(name: String, isAcceptable: Bool) throws {
    #expect(Genesis.isAcceptable(name: name) == isAcceptable)
    let creator = try PrivateKey.test(1).publicKey
    var record = WireGenesis()
    record.member = creator.bytes.data
    record.salt = [UInt8](repeating: 2, count: 16).data
    record.name = name
    #expect(((try? Genesis(record.encoded)) != nil) == isAcceptable)
  }

  @Test func `bytes that are no record are refused`() throws {
    let creator = try PrivateKey.test(1).publicKey
    let whole = try Genesis(creator: creator, salt: [UInt8](repeating: 2, count: 16), name: "desk")
    for bytes in whole.bytes.indices.map({ Array(whole.bytes[..<$0]) })
      + [whole.bytes + [255], [UInt8](repeating: 0, count: 513)]
    {
      #expect(throws: LogFailure.malformed("genesis record")) { try Genesis(bytes) }
    }
  }
}

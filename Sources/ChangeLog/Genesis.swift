/// The record that an archive's id is the hash of.
package struct Genesis: Sendable {
  /// The record as its creator wrote it.
  package let bytes: [UInt8]
  package let creator: PublicKey
  package let name: String

  package var archive: ArchiveID { ArchiveID(Hash(of: bytes)) }

  /// A new archive's record.
  ///
  /// - `salt`: 16 random bytes.
  /// Throws: ``LogFailure/malformed(_:)`` for a name that breaks ``isAcceptable(name:)``.
  package init(creator: PublicKey, salt: [UInt8], name: String) throws {
    guard Self.isAcceptable(name: name) else { throw LogFailure.malformed("archive name") }
    var record = WireGenesis()
    record.member = creator.data
    record.salt = salt.data
    record.name = name
    bytes = try record.serializedBytes()
    self.creator = creator
    self.name = name
  }

  /// Reads a record that came from somewhere.
  ///
  /// - Throws: ``LogFailure/malformed(_:)``.
  package init(_ bytes: [UInt8]) throws {
    guard bytes.count <= FormatLimits.genesisByteLimit,
      let record = try? WireGenesis(serializedBytes: bytes),
      let creator = PublicKey(record.member), record.salt.count == 16,
      Self.isAcceptable(name: record.name)
    else { throw LogFailure.malformed("genesis record") }
    self.bytes = bytes
    self.creator = creator
    name = record.name
  }

  /// Letters and digits of ASCII, `-`, `_` and `.`, beginning with a letter or digit: a name is
  /// also part of an address and of a file name.
  package static func isAcceptable(name: String) -> Bool {
    guard let first = name.utf8.first, isAlphanumeric(first) else { return false }
    return name.utf8.count <= FormatLimits.archiveNameByteLimit
      && name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}

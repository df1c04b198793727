package import CRDT
package import ChangeLog

/// The digest of an object, piece by piece: so it takes no more memory for an object that is too large to
/// be held as a whole.
///
/// Normative: `Protocol/merge.md`, *State digest*. The pieces come in the order given there, each kind
/// after its number.
package struct ObjectDigest {
  private var bytes: [UInt8]
  private var hash = RunningHash()

  package init(of object: ObjectID) { bytes = object.type.bigEndianBytes + object.bytes }

  /// How many pieces of the next kind follow: entries, then deletions, then texts.
  package mutating func append(count: Int) { append(UInt32(count).bigEndianBytes) }

  package mutating func append(_ entry: Entry) {
    append(entry.field.bigEndianBytes + [entry.kind.rawValue] + entry.dot.bytes)
    append(UInt32(entry.value.count).bigEndianBytes)
    append(entry.value)
  }

  package mutating func append(_ deletion: Deletion) {
    append(deletion.dot.bytes + UInt32(deletion.covers.count).bigEndianBytes)
    append(deletion.covers.bytes)
  }

  package mutating func append(_ text: TextState) {
    append(text.id.field.bigEndianBytes)
    append(UInt32(text.id.version.count).bigEndianBytes + text.id.version)
    append(UInt32(text.heads.count).bigEndianBytes + text.heads.bytes)
    append(Hash(of: Array(text.content.utf8)).bytes)
  }

  /// Of all pieces.
  package consuming func finished() -> Hash {
    hash.append(bytes)
    return hash.hash
  }

  private mutating func append(_ more: [UInt8]) {
    bytes += more
    // Most objects are hashed at once.
    guard bytes.count > 1 << 16 else { return }
    hash.append(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}

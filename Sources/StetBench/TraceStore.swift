import ArchiveModel
import CRDT
import ChangeLog
import RevisionReplay

/// A trace as a replica stores it: changes in lanes, packed, and the edits as rows.
struct TraceStore {
  /// An edit as a row holds it.
  struct Row {
    let dot: [UInt8]
    let parents: [UInt8]
    let hunks: [UInt8]

    func edit() throws -> TextEdit {
      guard let dot = Dot(dot), let parents = [Dot](concatenated: parents),
        let hunks = TextEditBody.hunks(hunks)
      else { throw BenchFailure("a row is no edit") }
      return TextEdit(dot: dot, parents: parents, hunks: hunks)
    }
  }

  let lanes: [LaneID]
  private(set) var rows: [Row] = []
  /// Headers and payloads of all changes.
  private(set) var rawByteCount = 0
  /// The packs, one for each lane.
  private(set) var packedByteCount = 0

  init(_ trace: EditingTrace) throws {
    let archive = ArchiveID(Hash(of: Array("stet/1 bench".utf8)))
    var writers = try (0..<trace.agentCount).map { agent in
      guard let key = PrivateKey(seed: Array(repeating: UInt8(agent + 1), count: 32)) else {
        throw BenchFailure("32 bytes are no key")
      }
      return LaneWriter(archive: archive, key: key, head: nil)
    }
    lanes = writers.map(\.lane)
    guard let object = ObjectID(type: 1, bytes: Array(repeating: 5, count: 16)) else {
      throw BenchFailure("16 bytes are no object")
    }
    var packs = writers.map { PackDraft(after: $0) }
    var hashes: [ChangeID: Hash] = [:]
    var salt = Hash(of: Array("salt".utf8))
    func write(_ operation: Operation, by agent: Int) throws {
      salt = Hash(of: salt.bytes)
      let change = try writers[agent].write(
        ChangeDraft(object: object, changeClass: .edit, operations: [operation], time: 0),
        salt: Array(salt.bytes.prefix(16))
      ) { id in
        guard let hash = hashes[id] else { throw LogFailure.gap(id) }
        return hash
      }
      hashes[change.id] = change.hash
      packs[agent].append(change)
    }
    // The trace's edits begin with seq 2: a lane's first change is about its member.
    for agent in lanes.indices {
      try write(Operation(field: 1, kind: .add, body: []), by: agent)
    }
    for edit in trace.edits(lanes: lanes) {
      let body = TextEditBody.body(edit.hunks)
      rows.append(Row(dot: edit.dot.bytes, parents: edit.parents.bytes, hunks: body))
      guard let agent = lanes.firstIndex(of: edit.dot.lane) else { continue }
      try write(Operation(field: 30, kind: .edit, names: edit.parents, body: body), by: agent)
    }
    for (agent, pack) in packs.enumerated() {
      guard let head = pack.head else { continue }
      rawByteCount += pack.byteCount
      packedByteCount += try pack.sealed(
        signature: writers[agent].signature(of: head),
        level: 9
      ).count
    }
  }
}

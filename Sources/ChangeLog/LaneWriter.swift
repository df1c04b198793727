package import CRDT

/// Writes a lane: numbers, chains and signs its owner's changes.
///
/// A value: the store that appends what it wrote keeps the new head in the same transaction.
package struct LaneWriter: Sendable {
  package let archive: ArchiveID
  package let lane: LaneID
  private let key: PrivateKey
  /// The newest change of the lane, 0 before the first.
  package private(set) var seq: UInt64
  package private(set) var hash: Hash

  /// Goes on after a lane's head.
  ///
  /// - `head`: `nil` for a lane without changes.
  package init(archive: ArchiveID, key: PrivateKey, head: LaneHead?) {
    self.archive = archive
    self.key = key
    lane = LaneID(writingKey: key.publicKey)
    seq = head?.seq ?? 0
    hash = head?.hash ?? .beforeLane(archive: archive, writingKey: key.publicKey)
  }

  /// Writes the next change.
  ///
  /// - `salt`: 16 random bytes; a prepared payload has its own.
  /// - `tree`: the branches of forked keys.
  /// - `hashOf`: the hash of a change of another lane that the operations name.
  /// Throws: ``LogFailure/tooLarge(_:)`` when the draft breaks ``FormatLimits``, and whatever
  /// `hashOf` throws.
  package mutating func write(
    _ draft: ChangeDraft,
    salt: [UInt8],
    tree: LaneTree = LaneTree(),
    hashOf: (ChangeID) throws -> Hash
  ) throws -> Change {
    let named = draft.operations.flatMap(\.names)
    guard draft.operations.count <= FormatLimits.operationCountLimit,
      named.count <= FormatLimits.nameCountLimit
    else { throw LogFailure.tooLarge("change") }
    var newest: [LaneID: UInt64] = [:]
    for dot in named where dot.lane != lane {
      newest[dot.lane] = max(newest[dot.lane] ?? 0, dot.seq)
    }
    if let undone = draft.undoes, undone.lane != lane {
      newest[undone.lane] = max(newest[undone.lane] ?? 0, undone.seq)
    }
    guard newest.count <= FormatLimits.dependencyCountLimit else {
      throw LogFailure.tooLarge("change")
    }
    let dependencies = try newest.sorted { $0.key < $1.key }.map {
      let change = ChangeID(lane: $0.key, seq: $0.value)
      return Dependency(
        change: change,
        root: tree.root(of: change.lane),
        hashPrefix: try hashOf(change).prefix
      )
    }
    let header = ChangeHeader(
      seq: seq + 1,
      time: draft.time,
      changeClass: draft.changeClass,
      action: draft.action ?? seq + 1,
      operationCount: draft.operations.count,
      dependencies: dependencies
    )
    let payload =
      try draft.prepared?.bytes
      ?? PayloadEncoder(lane: lane, dependencies: dependencies).encode(draft, salt: salt)
    let headerBytes = try header.encoded()
    let change = try Change(
      lane: lane,
      // Read back: what a peer would not take must not be written either.
      header: try ChangeHeader(headerBytes, lane: lane),
      headerBytes: headerBytes,
      payloadBytes: payload,
      contents: Hash.Contents(
        headerBytes: headerBytes,
        payload: draft.prepared?.hash ?? Hash(of: payload)
      ),
      previous: hash
    ).placed(in: lane, tree: tree, dependencies: dependencies)
    seq = header.seq
    hash = change.hash
    return change
  }

  /// Signs the lane as it stands after the last change of a run.
  package func signature(of head: LaneHead) throws -> [UInt8] {
    try key.signature(of: .head(archive: archive, lane: lane, seq: head.seq, hash: head.hash))
  }

  package var publicKey: PublicKey { key.publicKey }
}

internal import CRDT
internal import ChangeLog
internal import SyncProtocol

/// Goes through a log as it lies and judges it without the store's help: no hole, no change before one
/// that it depends on, every chain, signature and running check as it must be.
struct LogWalk {
  /// Everything met so far, in the order of the log, each once.
  private(set) var changes: [Change] = []
  private(set) var hashes: [ChangeID: Hash] = [:]
  private(set) var frontier = Frontier()
  /// Places met so far, those of repeated changes too.
  private(set) var position: UInt64 = 0
  private var archive: ArchiveID?
  private var keys: [LaneID: PublicKey] = [:]

  /// Reads on to the end of a store's log.
  ///
  /// - Throws: ``Violation``, and what the store throws.
  mutating func readOn(_ store: any LogStore, _ shelf: PackShelf) throws {
    if archive == nil {
      archive = try store.view(of: nil, knowing: nil, writing: nil).genesis?.archive
    }
    guard let archive else { return }
    let request = PackRequest(
      after: position,
      upTo: UInt64(Int64.max),
      selection: .beyond(.empty),
      byteLimit: .max,
      packLimit: .max
    )
    for delivery in try store.packs(request).packs { try read(delivery, of: archive, shelf) }
  }

  private mutating func read(
    _ delivery: PackDelivery,
    of archive: ArchiveID,
    _ shelf: PackShelf
  ) throws {
    let pack = try shelf.pack(delivery.pack)
    var previous: [Hash] = []
    var runKeys: [PublicKey] = []
    // A pack may go on with a lane that it began itself.
    var ends: [ChangeID: Hash] = [:]
    for run in pack.pack.runs {
      guard let key = run.writingKey ?? keys[run.lane] else {
        throw Violation("lane \(run.lane.bytes.hex) has no beginning in the log")
      }
      let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
      let hash =
        before.seq == 0
        ? .beforeLane(archive: archive, writingKey: key) : ends[before] ?? hashes[before]
      guard let hash else {
        throw Violation("change \(run.firstSeq) of a lane comes before its predecessor")
      }
      keys[run.lane] = key
      runKeys.append(key)
      previous.append(hash)
      var walked = hash
      for (place, header) in run.headers.enumerated() {
        walked = Hash(
          of: walked.bytes,
          Hash(of: header).bytes,
          Hash(of: run.payloads[place]).bytes
        )
      }
      ends[ChangeID(lane: run.lane, seq: run.lastSeq)] = walked
    }
    let changes = try shelf.changes(of: pack, in: archive, previous: previous, keys: runKeys)
    for change in changes.joined() { try take(change) }
    guard delivery.position == position else {
      throw Violation("a pack ends at position \(delivery.position) and not at \(position)")
    }
  }

  private mutating func take(_ change: Change) throws {
    position += 1
    if let known = hashes[change.id] {
      guard known == change.hash else {
        throw Violation("change \(change.header.seq) of a lane is in one log in two forms")
      }
      return
    }
    for dependency in change.header.dependencies
    where hashes[dependency.change]?.prefix != dependency.hashPrefix {
      throw Violation("change \(change.header.seq) of a lane comes before what it depends on")
    }
    guard (frontier.heads[change.lane]?.seq ?? 0) + 1 == change.header.seq else {
      throw Violation("change \(change.header.seq) of a lane does not follow the one before it")
    }
    hashes[change.id] = change.hash
    changes.append(change)
    frontier.heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
  }
}

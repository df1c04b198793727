internal import CRDT
internal import ChangeLog
internal import SyncProtocol

/// Goes through a log as it lies and judges it without the store's help: no hole, no change before one
/// that it depends on, every chain and signature as it must be.
struct LogWalk {
  /// Everything met so far, in the order of the log, each once, in the lane of its key.
  private(set) var changes: [Change] = []
  /// The changes of each name: several where a key is forked.
  private var named: [ChangeID: Set<Hash>] = [:]
  /// The hash before each change.
  private var previous: [Hash: Hash] = [:]
  /// The change at each place met so far, repeated ones too.
  private(set) var places: [Hash] = []
  /// What the store says of its running check, by the position where a pack ends.
  private(set) var checks: [UInt64: [UInt8]] = [:]
  private var archive: ArchiveID?
  private var keys: [LaneID: PublicKey] = [:]

  var position: UInt64 { UInt64(places.count) }

  var hashes: Set<Hash> { Set(previous.keys) }

  func holds(_ change: Hash) -> Bool { previous[change] != nil }

  /// Those of the log's changes that have some hashes.
  func changes(among hashes: [Hash]) -> [Change] {
    let hashes = Set(hashes)
    return hashes.isEmpty ? [] : changes.filter { hashes.contains($0.hash) }
  }

  /// Whether the log holds a change of that name that is another one.
  func holdsAnother(_ change: Change) -> Bool {
    named[change.id]?.contains { $0 != change.hash } == true
  }

  private var names: LaneNames? {
    archive.map { LaneNames(previous: previous, keys: keys, archive: $0) }
  }

  var frontier: Frontier { Frontier(names?.heads ?? [:]) }

  /// The lanes of forked keys.
  var forkedRoots: Set<LaneID> { Set(names?.branches.map(\.root) ?? []) }

  /// The ways on of forked keys.
  var branches: Set<LaneBranch> { Set(names?.branches ?? []) }

  /// The changes in the lanes where they belong, with what they depend on where it is.
  var placedChanges: [Change] {
    guard let names, !names.branches.isEmpty else { return changes }
    let tree = LaneTree(names.branches)
    return changes.map { change in
      let dependencies = change.header.dependencies.map { dependency in
        let hash = named[dependency.change]?.first { $0.prefix == dependency.hashPrefix }
        return hash.flatMap { names.lanes[$0] }.map(dependency.placed) ?? dependency
      }
      let lane = names.lanes[change.hash] ?? change.lane
      return change.placed(in: lane, tree: tree, dependencies: dependencies)
    }
  }

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
    var ends: [ChangeID: Set<Hash>] = [:]
    for run in pack.pack.runs {
      guard let key = run.writingKey ?? keys[run.lane] else {
        throw Violation("lane \(run.lane.bytes.hex) has no beginning in the log")
      }
      let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
      let hash =
        before.seq == 0
        ? .beforeLane(archive: archive, writingKey: key)
        : (ends[before] ?? []).union(named[before] ?? [])
          .first { $0.prefix == run.previousPrefix }
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
      ends[ChangeID(lane: run.lane, seq: run.lastSeq), default: []].insert(walked)
    }
    let changes = try shelf.changes(of: pack, in: archive, previous: previous, keys: runKeys)
    for (run, before) in zip(changes, previous) {
      var before = before
      for change in run {
        try take(change, after: before)
        before = change.hash
      }
    }
    guard delivery.position == position else {
      throw Violation("a pack ends at position \(delivery.position) and not at \(position)")
    }
    checks[position] = delivery.check
  }

  private mutating func take(_ change: Change, after before: Hash) throws {
    places.append(change.hash)
    guard !holds(change.hash) else { return }
    for dependency in change.header.dependencies
    where named[dependency.change]?.contains(where: { $0.prefix == dependency.hashPrefix }) != true
    {
      throw Violation("change \(change.header.seq) of a lane comes before what it depends on")
    }
    guard change.header.seq == 1 || holds(before) else {
      throw Violation("change \(change.header.seq) of a lane does not follow the one before it")
    }
    named[change.id, default: []].insert(change.hash)
    previous[change.hash] = before
    changes.append(change)
  }
}

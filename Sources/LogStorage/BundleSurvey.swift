package import CRDT
package import ChangeLog
internal import SyncProtocol

/// What a look through a bundle's packs found, before anything of it is applied.
///
/// The changes that packs build on are those that runs continue and those that changes depend on.
/// What the bundle does not hold itself it needs of the log that it is applied to.
package struct BundleSurvey {
  package private(set) var packCount = 0
  package private(set) var changeCount: UInt64 = 0
  /// Those whose chain and signature could be verified already; of the others the gate judges.
  package private(set) var verifiedCount: UInt64 = 0
  /// The newest change of each lane that the bundle builds on and does not hold.
  package private(set) var prerequisites: [LaneID: ClaimedHead] = [:]

  private let archive: ArchiveID
  private let log: SQLiteLog?
  private var branches: BranchLookup<SQLiteLog>?
  /// Of the lanes as packs call them, which of their changes the bundle holds.
  private var held: [LaneID: SeqRanges] = [:]
  private var chains: [LaneID: Chain] = [:]
  /// Up to where the log has been found to have each lane.
  private var known: [LaneID: UInt64] = [:]
  private var absent: [LaneID: UInt64] = [:]
  private var forked: [LaneID: UInt64] = [:]

  private struct Chain {
    let head: LaneHead
    let key: PublicKey
  }

  /// - `log`: the one that the bundle would be applied to; `nil` to look at the bundle alone.
  init(of archive: ArchiveID, against log: SQLiteLog?) {
    self.archive = archive
    self.log = log
  }

  // MARK: - Taking packs

  /// Looks at the next pack.
  ///
  /// - Throws: `LogFailure` for one that no log would take.
  mutating func take(_ pack: Pack) throws {
    for run in pack.runs {
      if run.firstSeq > 1 {
        let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
        try need(before, hashPrefix: run.previousPrefix)
      }
      // A change may depend on one of an earlier run, also of this very pack, never on its own lane.
      for change in try changes(of: run) {
        for dependency in change.header.dependencies {
          try need(dependency.change, hashPrefix: dependency.hashPrefix)
        }
      }
      held[run.lane, default: SeqRanges()].extend(by: run.firstSeq...run.lastSeq)
      changeCount += UInt64(run.headers.count)
    }
    packCount += 1
  }

  /// The run's changes, verified where what comes before is known.
  private mutating func changes(of run: PackedRun) throws -> [Change] {
    let chain = chains[run.lane]
    guard let key = try run.writingKey ?? chain?.key ?? log?.writingKey(of: run.lane),
      let previous = try hash(before: run, key: key)
    else { return try run.unplacedChanges() }
    let changes = try run.changes(archive: archive, key: key, previous: previous)
    verifiedCount += UInt64(changes.count)
    if let last = changes.last, run.lastSeq > chain?.head.seq ?? 0 {
      let head = LaneHead(seq: run.lastSeq, hash: last.hash)
      chains[run.lane] = Chain(head: head, key: key)
    }
    return changes
  }

  private mutating func hash(before run: PackedRun, key: PublicKey) throws -> Hash? {
    if run.firstSeq == 1 { return .beforeLane(archive: archive, writingKey: key) }
    if let head = chains[run.lane]?.head, head.seq == run.firstSeq - 1,
      head.hash.prefix == run.previousPrefix
    {
      return head.hash
    }
    let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
    return try hashes(of: before).first { $0.prefix == run.previousPrefix }
  }

  /// The hashes that the log has of the changes of one name: several where the lane's key is forked.
  ///
  /// - `change`: named by the lane of its key, as in packs.
  private mutating func hashes(of change: ChangeID) throws -> [Hash] {
    guard let log else { return [] }
    var lookup = try branches ?? BranchLookup(log, tree: try log.laneTree())
    // It grows with what it finds, in its place.
    branches = nil
    defer { branches = lookup }
    guard !lookup.isBranch(change.lane) else { return [] }
    let lanes = try [change.lane] + lookup.branches(holding: change).values
    return try lanes.compactMap { try log.hash(of: ChangeID(lane: $0, seq: change.seq)) }
  }

  /// Notes that the bundle builds on a change.
  private mutating func need(_ change: ChangeID, hashPrefix: [UInt8]) throws {
    let lane = change.lane
    if held[lane]?.contains(change.seq) == true { return }
    if change.seq > prerequisites[lane]?.seq ?? 0 {
      prerequisites[lane] = ClaimedHead(seq: change.seq, hashPrefix: hashPrefix)
    }
    // Whoever has a change has those before it; that it is the same way, the gate sees.
    guard log != nil, change.seq > known[lane] ?? 0 else { return }
    let hashes = try hashes(of: change)
    if hashes.contains(where: { $0.prefix == hashPrefix }) {
      known[lane] = change.seq
    } else if hashes.isEmpty {
      absent[lane] = max(absent[lane] ?? 0, change.seq)
    } else {
      forked[lane] = min(forked[lane] ?? .max, change.seq)
    }
  }

  // MARK: - What is missing

  /// The changes that the log lacks before the bundle can be applied, ascending by lane.
  package func missing() throws -> [MissingChanges] {
    guard let log else { return [] }
    var missing = forked.map { MissingChanges(lane: $0, seqs: $1...$1, cause: .forked) }
    for (lane, seq) in absent {
      let first = try (log.head(of: lane)?.seq ?? 0) + 1
      let gaps = (held[lane] ?? SeqRanges()).missing(from: min(first, seq)...seq)
      missing += gaps.map { MissingChanges(lane: lane, seqs: $0, cause: .absent) }
    }
    return missing.sorted { ($0.lane, $0.seqs.lowerBound) < ($1.lane, $1.seqs.lowerBound) }
  }
}

package import CRDT
package import ChangeLog
package import SyncProtocol
internal import Synchronization

/// A hub's archives in memory: the plain form of the contract, for tests and simulations.
package final class MemoryHubStorage: HubStorage {
  private let archives = Mutex<[String: MemoryHubArchive]>([:])
  private let makeStoreID: @Sendable () -> StoreID

  /// - Parameter makeStoreID: gives a new store id at every call.
  package init(makeStoreID: @escaping @Sendable () -> StoreID) {
    self.makeStoreID = makeStoreID
  }

  package func createArchive(named name: String) throws {
    guard Genesis.isAcceptable(name: name) else {
      throw HubStorageFailure.unacceptableName(name)
    }
    try archives.withLock { archives in
      guard archives[name] == nil else { throw HubStorageFailure.exists(name) }
      archives[name] = MemoryHubArchive(store: makeStoreID())
    }
  }

  package func archive(named name: String) throws -> MemoryHubArchive {
    guard let archive = archives.withLock({ $0[name] }) else {
      throw HubStorageFailure.unknown(name)
    }
    return archive
  }

  package func archiveNames() throws -> [String] {
    archives.withLock { $0.keys.sorted() }
  }

  package func close() {}
}

/// One archive in memory.
package final class MemoryHubArchive: HubArchiveStore {
  private let log: Mutex<MemoryLog>

  init(store: StoreID) { log = Mutex(MemoryLog(store: store)) }

  package func view(
    of peer: StoreID?,
    knowing cursor: Cursor?,
    writing lane: LaneID?
  ) throws
    -> StoreView
  {
    log.withLock { $0.view(of: peer, knowing: cursor, writing: lane) }
  }

  package func frontier() throws -> Frontier { log.withLock { $0.frontier } }

  package func packs(_ request: PackRequest) throws -> PackBatch {
    log.withLock { $0.packs(request) }
  }

  package func open(_ packs: [PackDelivery]) {}

  package func append(
    group: [OpenedRequest<Void>]
  ) throws -> [Result<AppendReceipt, any Error>] {
    log.withLock { log in
      group.map(\.request).map { request in
        do {
          return .success(try log.append(request))
        } catch {
          if let failure = error as? LogFailure { log.note(failure, of: request.peer) }
          return .failure(error)
        }
      }
    }
  }

  package func remember(_ cursor: Cursor) throws {
    log.withLock { $0.settle(at: cursor) }
  }

  package func forget(_ peer: StoreID) throws {
    log.withLock { $0.forget(peer) }
  }

  package func adopt(_ genesis: Genesis) throws {
    try log.withLock { try $0.adopt(genesis) }
  }
}

/// A log as arrays and dictionaries.
private struct MemoryLog: LogIndex {
  private struct Entry {
    let delivery: PackDelivery
    /// Who brought it; `nil` once that store's log was forgotten.
    var source: StoreID?
    let changes: [Hash]
  }

  let store: StoreID
  private var heads: [LaneID: LaneHead] = [:]
  private var branches: [LaneBranch] = []
  private var suspects: [StoreID: Set<LaneID>] = [:]
  private var names: [Hash: ChangeID] = [:]
  private var known: [StoreID: Cursor] = [:]
  private var genesis: Genesis?
  private var entries: [Entry] = []
  private var hashes: [ChangeID: Hash] = [:]
  private var keys: [LaneID: PublicKey] = [:]
  private var check: LogCheck
  private var position: UInt64 = 0

  init(store: StoreID) {
    self.store = store
    check = LogCheck(store: store)
  }

  func head(of lane: LaneID) -> LaneHead? { heads[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { keys[laneTree().root(of: lane)] }
  func hash(of change: ChangeID) -> Hash? { hashes[change] }
  func laneTree() -> LaneTree { LaneTree(branches) }

  var frontier: Frontier { Frontier(heads) }

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) -> StoreView {
    StoreView(
      genesis: genesis,
      end: Cursor(store: store, position: position, check: check.prefix),
      frontier: frontier.digest,
      known: peer.flatMap { known[$0] },
      isPeerCursorValid: cursor.map(holds) ?? false,
      peerLane: lane.flatMap(farthestHead),
      ownLane: nil,
      suspects: peer.map(suspects(of:)) ?? []
    )
  }

  private func suspects(of peer: StoreID) -> Set<LaneID> {
    guard let roots = suspects[peer] else { return [] }
    let tree = laneTree()
    return roots.union(heads.keys.filter { roots.contains(tree.root(of: $0)) })
  }

  private func farthestHead(of root: LaneID) -> ClaimedHead? {
    let tree = laneTree()
    return heads.filter { tree.root(of: $0.key) == root }.values
      .min { $0.seq == $1.seq ? $0.hash < $1.hash : $0.seq > $1.seq }
      .map { ClaimedHead(seq: $0.seq, hashPrefix: $0.hash.prefix) }
  }

  private func holds(_ cursor: Cursor) -> Bool {
    guard cursor.store == store else { return false }
    if cursor.position == 0 { return cursor.check == LogCheck(store: store).prefix }
    return entries.contains {
      $0.delivery.position == cursor.position && $0.delivery.check == cursor.check
    }
  }

  func packs(_ request: PackRequest) -> PackBatch {
    let selected = entries.filter { entry in
      guard entry.delivery.position > request.after, entry.delivery.position <= request.upTo else {
        return false
      }
      return switch request.selection {
      case .notFrom(let peer): entry.source != peer
      case .beyond(let frontier):
        entry.changes.contains { names[$0].map { lacks($0, frontier) } ?? true }
      }
    }
    var taken: [Entry] = []
    var byteCount = 0
    for entry in selected.prefix(request.packLimit) {
      byteCount += entry.delivery.pack.count
      if !taken.isEmpty, byteCount > request.byteLimit { break }
      taken.append(entry)
    }
    return PackBatch(
      packs: taken.map(\.delivery),
      position: taken.count == selected.count
        ? request.upTo : taken.last?.delivery.position ?? request.after,
      changeCount: taken.reduce(0) { $0 + $1.changes.count }
    )
  }

  mutating func adopt(_ genesis: Genesis) throws {
    if let present = self.genesis, present.archive != genesis.archive {
      throw PeerFailure(.wrongArchive, "the store holds another archive", scope: .archive)
    }
    self.genesis = genesis
  }

  /// Whether a peer lacks a change: it may know a branch by the name of its key's lane, and then
  /// means the branch that holds the hash it claims.
  private func lacks(_ change: ChangeID, _ claims: ClaimedFrontier) -> Bool {
    let tree = laneTree()
    let path = tree.path(to: change.lane) + [tree.root(of: change.lane)]
    // A branch may have come to be since the two sides compared, of a lane that differs.
    guard path.contains(where: { claims.buckets.contains($0.bucket) }) else { return false }
    for lane in path {
      guard let claim = claims.heads[lane] else { continue }
      let holders = ([change.lane] + tree.descendants(of: change.lane).map(\.lane))
        .filter { hashes[ChangeID(lane: $0, seq: claim.seq)]?.prefix == claim.hashPrefix }
      if !holders.isEmpty { return holders == [change.lane] && change.seq > claim.seq }
      let isAhead = lane == change.lane && claim.seq > heads[lane]?.seq ?? 0
      return !isAhead
    }
    return true
  }

  mutating func settle(at cursor: Cursor) {
    known[cursor.store] = cursor
    suspects[cursor.store] = nil
  }

  mutating func forget(_ peer: StoreID) {
    known[peer] = nil
    for place in entries.indices where entries[place].source == peer { entries[place].source = nil }
  }

  /// Keeps what a refused pack says about the peer's log.
  mutating func note(_ failure: LogFailure, of peer: StoreID) {
    switch failure {
    case .gap: known[peer] = nil
    case .fork(let change):
      known[peer] = nil
      suspects[peer, default: []].insert(change.lane)
    case .malformed, .unsupported, .damaged, .tooLarge: break
    }
  }

  mutating func append(_ request: AppendRequest) throws -> AppendReceipt {
    guard let genesis else {
      throw PeerFailure(.protocolViolation, "a pack before the archive's genesis record")
    }
    var newChangeCount = 0
    for delivery in request.packs {
      let pack = try Pack(delivery.pack)
      let admission = try Gate(archive: genesis.archive).admit(pack, to: self)
      var log = self
      // Each lane from its end.
      for split in admission.splits {
        try split.branches.reversed().forEach { try log.split(split.lane, $0) }
      }
      if admission.newCount > 0 { log.take(delivery, admission, from: request.peer) }
      log.known[request.peer] = Cursor(
        store: request.peer,
        position: delivery.position,
        check: delivery.check
      )
      self = log
      newChangeCount += admission.newCount
    }
    return AppendReceipt(newChangeCount: newChangeCount)
  }

  /// Makes the changes of a lane from one on a branch.
  private mutating func split(_ lane: LaneID, _ branch: LaneBranch) throws {
    guard let head = heads[lane] else { throw LogFailure.damaged("log") }
    for seq in branch.firstSeq...head.seq {
      let hash = hashes.removeValue(forKey: ChangeID(lane: lane, seq: seq))
      guard let hash else { throw LogFailure.damaged("log") }
      hashes[ChangeID(lane: branch.lane, seq: seq)] = hash
      names[hash] = ChangeID(lane: branch.lane, seq: seq)
    }
    for place in branches.indices where branches[place].parent == lane {
      branches[place].parent = branch.lane
    }
    let before = hashes[ChangeID(lane: lane, seq: branch.firstSeq - 1)]
    branches.append(
      LaneBranch(
        lane: branch.lane,
        root: branch.root,
        parent: before == nil ? nil : lane,
        firstSeq: branch.firstSeq
      )
    )
    heads[branch.lane] = head
    heads[lane] = before.map { LaneHead(seq: branch.firstSeq - 1, hash: $0) }
  }

  private mutating func take(
    _ delivery: PackDelivery,
    _ admission: Gate.Admission,
    from source: StoreID
  ) {
    branches += admission.branches
    for branch in admission.branches {
      suspects = suspects.mapValues { $0.subtracting([branch.root]) }
    }
    let tree = laneTree()
    for (lane, beginning) in admission.beginnings {
      keys[tree.root(of: lane)] = beginning.writingKey
    }
    for change in admission.changes {
      check.append(change.hash)
      hashes[change.id] = change.hash
      names[change.hash] = change.id
      if change.header.seq > heads[change.lane]?.seq ?? 0 {
        heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
      }
    }
    position += UInt64(admission.changes.count)
    entries.append(
      Entry(
        delivery: PackDelivery(pack: delivery.pack, position: position, check: check.prefix),
        source: source,
        changes: admission.changes.map(\.hash)
      )
    )
  }
}

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

  package func append(group: [AppendRequest]) throws -> [Result<AppendReceipt, any Error>] {
    log.withLock { log in
      group.map { request in
        do {
          return .success(try log.append(request))
        } catch {
          if case LogFailure.gap = error { log.known[request.peer] = nil }
          return .failure(error)
        }
      }
    }
  }

  package func remember(_ cursor: Cursor) throws {
    log.withLock { $0.known[cursor.store] = cursor }
  }

  package func adopt(_ genesis: Genesis) throws {
    try log.withLock { try $0.adopt(genesis) }
  }
}

/// A log as arrays and dictionaries.
private struct MemoryLog: LogIndex {
  private struct Entry {
    let delivery: PackDelivery
    let source: StoreID
    let heads: [LaneID: UInt64]
    let changeCount: Int
  }

  let store: StoreID
  private(set) var frontier = Frontier()
  var known: [StoreID: Cursor] = [:]
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

  func head(of lane: LaneID) -> LaneHead? { frontier.heads[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { keys[lane] }
  func hash(of change: ChangeID) -> Hash? { hashes[change] }

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) -> StoreView {
    StoreView(
      genesis: genesis,
      end: Cursor(store: store, position: position, check: check.prefix),
      frontier: frontier.digest,
      known: peer.flatMap { known[$0] },
      isPeerCursorValid: cursor.map(holds) ?? false,
      peerLane: lane.flatMap { frontier.heads[$0] }
        .map { ClaimedHead(seq: $0.seq, hashPrefix: $0.hash.prefix) },
      ownLane: nil
    )
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
        entry.heads.contains { lane, seq in frontier.lacks(ChangeID(lane: lane, seq: seq)) }
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
      changeCount: taken.reduce(0) { $0 + $1.changeCount }
    )
  }

  mutating func adopt(_ genesis: Genesis) throws {
    if let present = self.genesis, present.archive != genesis.archive {
      throw PeerFailure(.wrongArchive, "the store holds another archive", scope: .archive)
    }
    self.genesis = genesis
  }

  mutating func append(_ request: AppendRequest) throws -> AppendReceipt {
    guard let genesis else {
      throw PeerFailure(.protocolViolation, "a pack before the archive's genesis record")
    }
    var newChangeCount = 0
    for delivery in request.packs {
      let pack = try Pack(delivery.pack)
      let admission = try Gate(archive: genesis.archive).admit(pack, to: self)
      if admission.newCount > 0 { take(delivery, pack, admission, from: request.peer) }
      known[request.peer] = Cursor(
        store: request.peer,
        position: delivery.position,
        check: delivery.check
      )
      newChangeCount += admission.newCount
    }
    return AppendReceipt(newChangeCount: newChangeCount)
  }

  private mutating func take(
    _ delivery: PackDelivery,
    _ pack: Pack,
    _ admission: Gate.Admission,
    from source: StoreID
  ) {
    for change in admission.changes {
      check.append(change.hash)
      hashes[change.id] = change.hash
      if change.header.seq > frontier.heads[change.lane]?.seq ?? 0 {
        frontier.heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
      }
    }
    for (lane, beginning) in admission.beginnings { keys[lane] = beginning.writingKey }
    position += UInt64(admission.changes.count)
    entries.append(
      Entry(
        delivery: PackDelivery(pack: delivery.pack, position: position, check: check.prefix),
        source: source,
        heads: Dictionary(pack.runs.map { ($0.lane, $0.lastSeq) }, uniquingKeysWith: max),
        changeCount: admission.changes.count
      )
    )
  }
}

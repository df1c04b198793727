internal import CRDT
internal import ChangeLog
internal import Synchronization
internal import SyncProtocol
internal import SyncSimulation

/// A store that says of another's log what is not so, and takes nothing in though it says that it does.
final class LyingStore: LogStore {
  enum Lie {
    /// Nothing of one lane, and all else as it is.
    case withholding
    /// Packs left out, twice or in another order, and all else as it is.
    case meddling
    /// More packs than anybody asked for.
    case flooding
    /// Anything.
    case wild
  }

  private let log: any LogStore
  private let random: Mutex<SeededRandom>
  private let lie: Lie
  /// What it may do to packs.
  private let faults: Set<Fault>
  private let faultTally = Mutex<FaultTally>([:])
  private let withheld = Mutex<LaneID?>(nil)
  /// Packs of an archive that nobody here knows.
  private let foreignPacks: [[UInt8]]

  init(
    _ log: any LogStore,
    lie: Lie,
    faults: Set<Fault>,
    seed: UInt64,
    foreignPacks: [[UInt8]]
  ) {
    self.log = log
    self.lie = lie
    self.faults = faults
    random = Mutex(SeededRandom(seed: seed))
    self.foreignPacks = foreignPacks
  }

  /// How often it did what to packs.
  var tally: FaultTally { faultTally.withLock { $0 } }

  private func count(_ fault: Fault) { faultTally.withLock { $0[fault, default: 0] += 1 } }

  private func number(below bound: Int) -> Int {
    random.withLock { Int.random(in: 0..<bound, using: &$0) }
  }

  private func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }

  func view(of peer: StoreID?, knowing cursor: Cursor?, writing lane: LaneID?) throws -> StoreView {
    let view = try log.view(of: peer, knowing: cursor, writing: lane)
    if lie != .wild { return view }
    // Says that it is another store, or is further, or knows more or less of the peer.
    let end =
      switch number(below: 3) {
      case 0: Cursor(store: view.end.store, position: view.end.position + 1, check: bytes(8))
      case 1:
        StoreID(bytes(16)).map { Cursor(store: $0, position: view.end.position, check: bytes(8)) }
      default: view.end
      }
    let known =
      number(below: 3) == 0
      ? peer.map { Cursor(store: $0, position: UInt64(number(below: 50)), check: bytes(8)) }
      : view.known
    return StoreView(
      genesis: view.genesis,
      end: end ?? view.end,
      frontier: number(below: 3) == 0 ? Hash(of: bytes(8)) : view.frontier,
      known: known,
      isPeerCursorValid: number(below: 3) == 0 ? !view.isPeerCursorValid : view.isPeerCursorValid,
      peerLane: view.peerLane,
      ownLane: view.ownLane,
      suspects: view.suspects
    )
  }

  /// Heads that are ahead, behind or not there at all.
  func frontier() throws -> Frontier {
    var frontier = try log.frontier()
    if lie != .wild { return frontier }
    for (lane, head) in frontier.heads.sorted(by: { $0.key < $1.key }) {
      switch number(below: 4) {
      case 0: frontier.heads[lane] = LaneHead(seq: head.seq + 5, hash: Hash(of: bytes(8)))
      case 1: frontier.heads[lane] = nil
      default: continue
      }
    }
    return frontier
  }

  /// All packs but those of the lane of one that would be sent.
  private func withoutLane(_ batch: PackBatch) throws -> PackBatch {
    let lanes = try batch.packs.map { try Pack($0.pack).runs.map(\.lane) }
    let known = withheld.withLock { withheld in
      if withheld == nil, !lanes.isEmpty { withheld = lanes[number(below: lanes.count)].first }
      return withheld
    }
    let packs = zip(batch.packs, lanes).filter { _, lanes in known.map(lanes.contains) != true }
    return PackBatch(
      packs: packs.map(\.0),
      position: batch.position,
      changeCount: batch.changeCount
    )
  }

  private func meddling(_ batch: PackBatch) -> PackBatch {
    var packs = batch.packs
    guard !packs.isEmpty else { return batch }
    let place = number(below: packs.count)
    switch number(below: 4) {
    case 0 where faults.contains(.packLeftOut):
      packs.remove(at: place)
      count(.packLeftOut)
    case 1 where faults.contains(.packRepeated):
      packs.insert(packs[place], at: place)
      count(.packRepeated)
    case 2 where faults.contains(.packsReordered) && packs.count > 1:
      packs.swapAt(place, (place + 1) % packs.count)
      count(.packsReordered)
    default: break
    }
    return PackBatch(packs: packs, position: batch.position, changeCount: batch.changeCount)
  }

  /// Each pack some times over, so that there is something to store, and then more garbage than anybody
  /// may keep, in small pieces or in large ones.
  private func flooding(_ batch: PackBatch) -> PackBatch {
    let byteCount = number(below: 2) == 0 ? 40 : 10_000
    let garbage = PackDelivery(
      pack: Array(repeating: 7, count: byteCount),
      position: batch.position,
      check: bytes(8)
    )
    let packs = batch.packs.flatMap { Array(repeating: $0, count: 4) }
    return PackBatch(
      packs: packs + Array(repeating: garbage, count: 200),
      position: batch.position,
      changeCount: batch.changeCount
    )
  }

  /// All packs but those of one lane; or many more; or packs left out, twice, out of order, of another
  /// archive, or garbage; and a position that is not theirs.
  func packs(_ request: PackRequest) throws -> PackBatch {
    let batch = try log.packs(request)
    switch lie {
    case .withholding: return try withoutLane(batch)
    case .meddling: return meddling(batch)
    case .flooding: return flooding(batch)
    case .wild: break
    }
    var packs: [PackDelivery] = []
    for delivery in batch.packs {
      switch number(below: 8) {
      case 0 where faults.contains(.packLeftOut):
        count(.packLeftOut)
      case 1 where faults.contains(.packRepeated):
        packs += [delivery, delivery]
        count(.packRepeated)
      case 2 where faults.contains(.packsReordered):
        let place = number(below: packs.count + 1)
        if place < packs.count { count(.packsReordered) }
        packs.insert(delivery, at: place)
      case 3:
        packs.append(
          PackDelivery(
            pack: foreignPacks[number(below: foreignPacks.count)],
            position: delivery.position,
            check: delivery.check
          )
        )
      case 4:
        packs.append(
          PackDelivery(pack: bytes(40), position: delivery.position, check: delivery.check)
        )
      case 5:
        packs.append(
          PackDelivery(pack: delivery.pack, position: delivery.position + 3, check: bytes(8))
        )
      default: packs.append(delivery)
      }
    }
    return PackBatch(packs: packs, position: batch.position, changeCount: batch.changeCount)
  }

  func append(_ packs: [PackDelivery], from peer: StoreID) -> AppendReceipt {
    AppendReceipt(newChangeCount: 1)
  }

  func remember(_ cursor: Cursor) {}

  func forget(_ peer: StoreID) {}

  func adopt(_ genesis: Genesis) {}
}

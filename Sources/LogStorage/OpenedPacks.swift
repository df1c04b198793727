package import ChangeLog
internal import Dispatch
package import SyncProtocol
internal import Synchronization

/// Packs inflated, taken apart, hashed and read ahead of the store, on other cores: what needs the
/// archive's lock then finds the work done.
///
/// A few packs wait open at a time, and only while a budget that all share has room for them: the others
/// are opened when they are taken. One that has been taken, or given up, is held no longer.
///
/// Whoever begins opens the first: a single one, as most who write send, needs no other thread.
package final class OpenedPacks<Contents: Sendable>: Sendable {
  /// How many packs are opened ahead of the one that was taken last.
  private let lead = 6
  private let packs: [OpeningPack<Contents>]
  private let budget: OpeningBudget
  /// Packs before this place have been begun, or taken.
  private let unbegun = Mutex(1)

  /// Opens the first pack, and begins to open others.
  ///
  /// - `budget`: of the plain bytes that wait open.
  /// - `read`: looks into a pack whose changes nobody has verified yet, and may verify some.
  package init(
    _ deliveries: [PackDelivery],
    budget: OpeningBudget,
    read: @escaping @Sendable (inout Pack) -> Contents
  ) {
    packs = deliveries.map { OpeningPack($0, read: read) }
    self.budget = budget
    guard let first = packs.first, first.takeRoom(of: budget) else { return }
    begin(1..<lead)
    first.open()
  }

  /// The pack at a place of the deliveries, once; in order.
  ///
  /// - Throws: `LogFailure`.
  package func take(_ place: Int) throws(LogFailure) -> (pack: Pack, contents: Contents) {
    begin(place + 1..<place + 1 + lead)
    return try packs[place].take()
  }

  /// Begins to open those of these packs that nobody has begun, up to the first that has no room.
  private func begin(_ places: Range<Int>) {
    unbegun.withLock { unbegun in
      unbegun = max(unbegun, places.lowerBound)
      while unbegun < min(places.upperBound, packs.count), packs[unbegun].takeRoom(of: budget) {
        // Not for a request that was given up meanwhile.
        DispatchQueue.global().async { [weak pack = packs[unbegun]] in pack?.open() }
        unbegun += 1
      }
    }
  }
}

/// Opened by whoever comes first; the other waits.
private final class OpeningPack<Contents: Sendable>: Sendable {
  private enum State {
    /// With room where it is to be opened ahead.
    case closed(OpeningBudget.Room?)
    case opened(Result<(pack: Pack, contents: Contents), LogFailure>, OpeningBudget.Room?)
    case taken
  }

  private let delivery: PackDelivery
  private let read: @Sendable (inout Pack) -> Contents
  private let state = Mutex(State.closed(nil))

  init(_ delivery: PackDelivery, read: @escaping @Sendable (inout Pack) -> Contents) {
    self.delivery = delivery
    self.read = read
  }

  /// Whether it may be opened ahead; before anybody opens it.
  func takeRoom(of budget: OpeningBudget) -> Bool {
    guard let room = budget.room(for: delivery.plainByteCount) else { return false }
    state.withLock { $0 = .closed(room) }
    return true
  }

  func open() { state.withLock { open(&$0) } }

  func take() throws(LogFailure) -> (pack: Pack, contents: Contents) {
    let result = state.withLock { state in
      open(&state)
      guard case .opened(let result, _) = state else { preconditionFailure("a pack is taken once") }
      state = .taken
      return result
    }
    return try result.get()
  }

  private func open(_ state: inout State) {
    guard case .closed(let room) = state else { return }
    let result = Result { () throws(LogFailure) in
      var pack = try Pack(delivery.pack)
      let contents = read(&pack)
      room?.grow(by: pack.changeCount * OpeningBudget.changeByteCount)
      return (pack: pack, contents: contents)
    }
    state = .opened(result, room)
  }
}

package import ChangeLog
internal import Dispatch
package import SyncProtocol
internal import Synchronization

/// Packs inflated, taken apart, hashed and read ahead of the store, on other cores: what needs the
/// archive's lock then finds the work done.
///
/// A few packs wait open at a time; one that has been taken is held no longer. Whoever begins opens the
/// first: a single one, as most who write send, needs no other thread.
package final class OpenedPacks<Contents: Sendable>: Sendable {
  /// How many packs are opened ahead of the one that was taken last.
  private let lead = 6
  private let packs: [OpeningPack<Contents>]

  /// Opens the first pack, and begins to open others.
  ///
  /// - `read`: looks into a pack whose changes nobody has verified yet, and may verify some.
  package init(
    _ deliveries: [PackDelivery],
    read: @escaping @Sendable (inout Pack) -> Contents
  ) {
    packs = deliveries.map { OpeningPack($0.pack, read: read) }
    for pack in packs.dropFirst().prefix(lead - 1) { Self.begin(pack) }
    packs.first?.open()
  }

  /// The pack at a place of the deliveries, once.
  ///
  /// - Throws: `LogFailure`.
  package func take(_ place: Int) throws(LogFailure) -> (pack: Pack, contents: Contents) {
    if place + lead < packs.count { Self.begin(packs[place + lead]) }
    return try packs[place].take()
  }

  private static func begin(_ pack: OpeningPack<Contents>) {
    DispatchQueue.global().async { pack.open() }
  }
}

/// Opened by whoever comes first; the other waits.
private final class OpeningPack<Contents: Sendable>: Sendable {
  private enum State {
    case closed([UInt8])
    case opened(Result<(pack: Pack, contents: Contents), LogFailure>)
    case taken
  }

  private let read: @Sendable (inout Pack) -> Contents
  private let state: Mutex<State>

  init(_ bytes: [UInt8], read: @escaping @Sendable (inout Pack) -> Contents) {
    state = Mutex(.closed(bytes))
    self.read = read
  }

  func open() { state.withLock { open(&$0) } }

  func take() throws(LogFailure) -> (pack: Pack, contents: Contents) {
    let result = state.withLock { state in
      open(&state)
      guard case .opened(let result) = state else { preconditionFailure("a pack is taken once") }
      state = .taken
      return result
    }
    return try result.get()
  }

  private func open(_ state: inout State) {
    guard case .closed(let bytes) = state else { return }
    state = .opened(
      Result { () throws(LogFailure) in
        var pack = try Pack(bytes)
        let contents = read(&pack)
        return (pack, contents)
      }
    )
  }
}

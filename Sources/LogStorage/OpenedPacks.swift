package import ChangeLog
internal import Dispatch
package import SyncProtocol
internal import Synchronization

/// Packs inflated, taken apart, hashed and read ahead of the store, on other cores: what needs the
/// archive's lock then finds the work done.
///
/// A few packs wait open at a time; one that has been taken is held no longer.
package final class OpenedPacks<Contents: Sendable>: Sendable {
  /// How many packs are opened ahead of the one that was taken last.
  private let lead = 6
  private let packs: [OpeningPack<Contents>]

  /// Begins to open packs.
  ///
  /// - `read`: looks into a pack whose changes nobody has verified yet.
  package init(_ deliveries: [PackDelivery], read: @escaping @Sendable (Pack) -> Contents) {
    packs = deliveries.map { OpeningPack($0.pack, read: read) }
    for pack in packs.prefix(lead) { Self.begin(pack) }
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

extension OpenedPacks<Void> {
  /// Begins to open packs into which nobody looks.
  package convenience init(_ deliveries: [PackDelivery]) { self.init(deliveries) { _ in } }
}

/// Opened by whoever comes first; the other waits.
private final class OpeningPack<Contents: Sendable>: Sendable {
  private enum State {
    case closed([UInt8])
    case opened(Result<(pack: Pack, contents: Contents), LogFailure>)
    case taken
  }

  private let read: @Sendable (Pack) -> Contents
  private let state: Mutex<State>

  init(_ bytes: [UInt8], read: @escaping @Sendable (Pack) -> Contents) {
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
        let pack = try Pack(bytes)
        return (pack, read(pack))
      }
    )
  }
}

package import ChangeLog
internal import Dispatch
package import SyncProtocol
internal import Synchronization

/// Packs inflated, taken apart and hashed ahead of the store, on another core: what needs the
/// archive's lock then finds the work done.
package final class OpenedPacks: Sendable {
  private let opened: [OpenedPack]

  /// Begins to open packs.
  package init(_ deliveries: [PackDelivery]) {
    opened = deliveries.map { OpenedPack($0.pack) }
    let opened = opened
    DispatchQueue.global().async {
      for pack in opened { pack.open() }
    }
  }

  /// The pack at a place of the deliveries.
  ///
  /// - Throws: `LogFailure`.
  package func pack(_ place: Int) throws -> Pack { try opened[place].open().get() }
}

/// Opened by whoever comes first; the other waits.
private final class OpenedPack: Sendable {
  private let bytes: [UInt8]
  private let result = Mutex<Result<Pack, LogFailure>?>(nil)

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  @discardableResult
  func open() -> Result<Pack, LogFailure> {
    result.withLock { result in
      if let result { return result }
      let opened = Result { () throws(LogFailure) in try Pack(bytes) }
      result = opened
      return opened
    }
  }
}

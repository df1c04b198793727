package import ChangeLog
package import SyncProtocol

/// A machine that sends packs, and the positions that they have in its log.
package struct PeerFixture: Sendable {
  package let store: StoreID
  /// The end of what it has sent.
  package private(set) var end: Cursor
  private var check: LogCheck

  /// A machine whose log is empty.
  package init(store: StoreID) {
    self.store = store
    check = LogCheck(store: store)
    end = Cursor(store: store, position: 0, check: check.prefix)
  }

  /// Appends a pack to the machine's own log and puts it on its way.
  package mutating func deliver(_ pack: PackFixture) -> PackDelivery {
    for change in pack.changes { check.append(change.hash) }
    end = Cursor(
      store: store,
      position: end.position + UInt64(pack.changes.count),
      check: check.prefix
    )
    return PackDelivery(pack: pack.bytes, position: end.position, check: end.check)
  }
}

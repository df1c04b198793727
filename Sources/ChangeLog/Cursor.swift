/// The running check over a store's log.
///
///     check(0) = SHA-256("stet/1 log" ‖ store id)
///     check(n) = SHA-256(check(n - 1) ‖ hash of the change at position n)
package struct LogCheck: Hashable, Sendable {
  package private(set) var hash: Hash

  /// The check of an empty log.
  package init(store: StoreID) {
    hash = Hash(of: Array("stet/1 log".utf8), store.bytes)
  }

  /// A check as it was stored.
  package init(_ hash: Hash) { self.hash = hash }

  package mutating func append(_ change: Hash) {
    hash = Hash(of: hash.bytes, change.bytes)
  }

  /// What cursors carry of it, 8 bytes.
  package var prefix: [UInt8] { hash.prefix }
}

/// A place in a store's log: everything up to `position` is meant.
package struct Cursor: Hashable, Sendable {
  package let store: StoreID
  /// Number of changes in the log up to here.
  package let position: UInt64
  /// The first 8 bytes of the log check at the position.
  package let check: [UInt8]

  package init(store: StoreID, position: UInt64, check: [UInt8]) {
    self.store = store
    self.position = position
    self.check = check
  }
}

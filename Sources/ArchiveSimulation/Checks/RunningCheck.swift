internal import CRDT
internal import ChangeLog

/// The running check of a log at each of its places, worked out from the changes alone.
struct RunningCheck {
  private let store: StoreID
  /// At each position, from 0.
  private var checks: [[UInt8]]

  /// - `places`: the change at each place.
  init(store: StoreID, places: [Hash]) {
    self.store = store
    var check = LogCheck(store: store)
    checks = [check.prefix]
    for change in places {
      check.append(change)
      checks.append(check.prefix)
    }
  }

  /// Whether a cursor is a place in this very log.
  func holds(_ cursor: Cursor) -> Bool {
    cursor.store == store && cursor.position < UInt64(checks.count)
      && checks[Int(cursor.position)] == cursor.check
  }
}

internal import ChangeLog
internal import SyncProtocol

/// What a machine has acknowledged: seen in its log after the call that put it there had returned.
struct Ledger {
  var machine: String
  private(set) var walk = LogWalk()

  init(machine: String) { self.machine = machine }

  /// Takes in what was appended since.
  mutating func readOn(_ store: any LogStore, _ shelf: PackShelf) throws {
    try walk.readOn(store, shelf)
  }

  /// Reads the whole log anew and sees that everything acknowledged is in it.
  ///
  /// - Throws: ``Violation``.
  mutating func audit(_ store: any LogStore, _ shelf: PackShelf) throws {
    var present = LogWalk()
    try present.readOn(store, shelf)
    for change in walk.changes where !present.holds(change.hash) {
      throw Violation(
        "\(machine) lost change \(change.header.seq) of lane \(change.lane.bytes.hex.prefix(8)), "
          + "which it had acknowledged"
      )
    }
    walk = present
    guard try store.frontier().heads == walk.frontier.heads else {
      throw Violation("the frontier of \(machine) is not that of its log")
    }
  }
}

internal import ChangeLog

/// One side's receiving half: packs that came and are not stored yet.
///
/// One append is under way at a time; what comes meanwhile goes into the next ones. The slower the
/// store, the larger its transactions, up to a bound: what is in a transaction when the process dies
/// has to come again.
struct Inbound: Sendable {
  private var backlog: [PackDelivery] = []
  private var backlogByteCount = 0
  private var isAppending = false
  /// Where the peer says its log ends, once it has sent all.
  private(set) var peerEnd: Cursor?

  /// Whether all that the peer had to send is stored.
  var isComplete: Bool { peerEnd != nil && isIdle }

  var isIdle: Bool { backlog.isEmpty && !isAppending }

  /// Takes a pack in; `false` when the peer sends more than the window allows.
  mutating func receive(_ delivery: PackDelivery, limits: SyncLimits) -> Bool {
    guard backlog.count < limits.backlogPackLimit, backlogByteCount < limits.backlogByteLimit,
      peerEnd == nil
    else { return false }
    backlog.append(delivery)
    backlogByteCount += delivery.pack.count
    return true
  }

  /// The packs to append next, when none are under way.
  mutating func nextAppend(limits: SyncLimits) -> [PackDelivery]? {
    guard !isAppending, !backlog.isEmpty else { return nil }
    isAppending = true
    var byteCount = backlog[0].pack.count
    var plainByteCount = backlog[0].plainByteCount
    var count = 1
    while count < backlog.count, count < limits.appendPackLimit,
      byteCount + backlog[count].pack.count <= limits.appendByteLimit,
      plainByteCount + backlog[count].plainByteCount <= limits.appendPlainByteLimit
    {
      byteCount += backlog[count].pack.count
      plainByteCount += backlog[count].plainByteCount
      count += 1
    }
    let packs = Array(backlog.prefix(count))
    backlog.removeFirst(count)
    backlogByteCount -= byteCount
    return packs
  }

  mutating func stored() { isAppending = false }

  mutating func peerFinished(at end: Cursor) { peerEnd = end }

  /// The peer goes on sending: a second round.
  mutating func reopen() { peerEnd = nil }
}

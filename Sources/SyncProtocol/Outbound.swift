internal import CRDT
internal import ChangeLog

/// One side's sending half: which packs the peer lacks, and how many are on their way.
enum Outbound: Sendable {
  /// The peer's cursor does not hold: its frontier has been asked for. What was sent before and is
  /// not acknowledged still fills the window.
  case asking(PackStream)
  case streaming(PackStream)
}

/// Packs going out in log order, within a window.
struct PackStream: Sendable {
  private var selection: PackRequest.Selection
  /// Where the stream ends.
  private var end: UInt64
  /// Read and sent up to here.
  private var position: UInt64
  private var isReading = false
  /// Sent and not acknowledged, oldest first.
  private var unacknowledged: [(position: UInt64, byteCount: Int)] = []

  init(after position: UInt64, upTo end: UInt64, selection: PackRequest.Selection) {
    self.position = position
    self.end = end
    self.selection = selection
  }

  /// Whether everything up to the end was sent.
  var isDrained: Bool { position >= end }

  /// Goes on from where the stream ended; a log that is said to end earlier was looked at earlier.
  mutating func extend(upTo end: UInt64, selection: PackRequest.Selection) {
    self.end = max(self.end, end)
    self.selection = selection
  }

  /// Begins anew from the log's beginning.
  mutating func restart(selection: PackRequest.Selection) {
    position = 0
    self.selection = selection
  }

  /// The next read, when the window has room for one.
  mutating func nextRequest(limits: SyncLimits) -> PackRequest? {
    let byteCount = unacknowledged.reduce(0) { $0 + $1.byteCount }
    guard !isReading, !isDrained, byteCount < limits.windowByteLimit,
      unacknowledged.count < limits.windowPackLimit
    else { return nil }
    isReading = true
    return PackRequest(
      after: position,
      upTo: end,
      selection: selection,
      byteLimit: min(limits.windowByteLimit - byteCount, limits.readByteLimit),
      packLimit: limits.windowPackLimit - unacknowledged.count
    )
  }

  mutating func sent(_ batch: PackBatch) {
    isReading = false
    position = batch.position
    unacknowledged += batch.packs.map { ($0.position, $0.pack.count) }
  }

  mutating func acknowledged(upTo position: UInt64) {
    unacknowledged.removeAll { $0.position <= position }
  }
}

import ChangeLog
import SyncProtocol

/// A machine that writes its next note when the one before is durable at the hub: one connection, on whose
/// event loop it is used only.
///
/// Its notes are signed and sealed ahead, as on two hundred machines at once, so that one machine's cores
/// are left to the hub.
final class NoteWriter: @unchecked Sendable {
  private enum Phase {
    case waiting
    /// A note is on its way since then.
    case writing(WrittenPack, since: ContinuousClock.Instant)
    case resting
    /// The last note is acknowledged, or the connection is gone.
    case ended
  }

  private var lane: NoteLane
  /// Written ahead, the next one last.
  private var stock: [WrittenPack]
  private var position: UInt64 = 0
  private var check: LogCheck
  private let pause: Duration
  private let record: NoteRecord
  private var peer: LivePeer?
  private var phase = Phase.waiting
  private var isStopping = false

  /// - `lane`: certified at the hub.
  /// - `stockCount`: notes that are written ahead; further ones when they are sent.
  /// - `pause`: between a note's acknowledgement and the next note.
  init(
    store: StoreID,
    lane: NoteLane,
    stockCount: Int,
    pause: Duration,
    record: NoteRecord
  ) throws {
    var lane = lane
    stock = try (0..<stockCount).map { _ in try lane.note() }.reversed()
    self.lane = lane
    self.pause = pause
    self.record = record
    check = LogCheck(store: store)
  }

  var reactions: LivePeer.Reactions {
    LivePeer.Reactions(
      greeted: { [self] in peer = $0 },
      acknowledgement: { [self] _, _ in acknowledged() },
      lost: { [self] _ in end() }
    )
  }

  /// Sends the first note.
  func begin() { next() }

  /// Writes no further note: the connection ends when the one on its way is acknowledged.
  func stop() {
    isStopping = true
    switch phase {
    case .waiting, .resting: end()
    case .writing, .ended: break
    }
  }

  private func next() {
    guard !isStopping, let peer else { return end() }
    do {
      let note = try stock.popLast() ?? lane.note()
      for change in note.changes { check.append(change.hash) }
      position += UInt64(note.changes.count)
      let delivery = PackDelivery(pack: note.bytes, position: position, check: check.prefix)
      phase = .writing(note, since: .now)
      peer.send([.pack(delivery)])
    } catch {
      end()
    }
  }

  private func acknowledged() {
    guard case .writing(let note, let since) = phase else { return end() }
    record.note(note, .now - since)
    guard pause > .zero, !isStopping else { return next() }
    phase = .resting
    peer?.after(pause) { [self] in if case .resting = phase { next() } }
  }

  private func end() {
    if case .ended = phase { return }
    phase = .ended
    record.ended(asAsked: isStopping)
    peer?.close()
    peer = nil
  }
}

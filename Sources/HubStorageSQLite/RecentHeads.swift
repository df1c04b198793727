internal import CRDT
internal import ChangeLog
internal import Synchronization

/// The heads of lanes that were written to lately, so that what follows on them is verified before the
/// archive's lock is held.
///
/// They are no more than a guess: whoever holds the lock looks into the log.
final class RecentHeads: Sendable {
  private typealias Head = (key: PublicKey, head: LaneHead)

  private struct State {
    var archive: ArchiveID?
    var heads: [LaneID: Head] = [:]
    /// Those that were noted before `heads` was begun.
    var older: [LaneID: Head] = [:]
  }

  /// Lanes of which heads are kept, about 200 bytes each; up to twice as many.
  private static let laneLimit = 4096

  private let state = Mutex(State())

  /// Verifies what of a pack follows on a head that is remembered.
  func verify(_ pack: inout Pack) {
    let lanes = pack.runs.map(\.lane)
    let (archive, heads) = state.withLock { state in
      let heads = lanes.map { ($0, state.heads[$0] ?? state.older[$0]) }
      return (state.archive, Dictionary(heads, uniquingKeysWith: { first, _ in first }))
    }
    guard let archive else { return }
    pack.verifyAhead(in: archive) { heads[$0] ?? nil }
  }

  /// Remembers the lanes of a pack that has passed the gate.
  func note(_ admission: Gate.Admission) {
    state.withLock { state in
      state.archive = admission.archive
      var end = 0
      for span in admission.spans {
        end += span.count
        let change = admission.changes[end - 1]
        // A branch is found by way of the log only.
        guard change.isOfUnforkedKey, let key = admission.keys[change.lane] else { continue }
        // A pack that was known before ends earlier.
        let known = state.heads[change.lane] ?? state.older[change.lane]
        if let known, known.head.seq >= change.header.seq { continue }
        if state.heads.count >= Self.laneLimit {
          state.older = state.heads
          state.heads = [:]
        }
        state.heads[change.lane] = (key, LaneHead(seq: change.header.seq, hash: change.hash))
      }
    }
  }
}

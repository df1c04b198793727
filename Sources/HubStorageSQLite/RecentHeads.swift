package import CRDT
package import ChangeLog
internal import Synchronization

/// The heads of lanes that were written to lately, so that what follows on them is verified before the
/// archive's lock is held.
///
/// They are no more than a guess: whoever holds the lock looks into the log.
package final class RecentHeads: Sendable {
  package typealias Head = (key: PublicKey, head: LaneHead)

  private struct State {
    var archive: ArchiveID?
    var heads: [LaneID: Head] = [:]
    /// Those that were noted before `heads` was begun.
    var older: [LaneID: Head] = [:]
  }

  private let laneLimit: Int
  private let state = Mutex(State())

  /// - `laneLimit`: of how many lanes, written to last, heads are kept, about 200 bytes each; at most of
  ///   twice as many.
  package init(laneLimit: Int = 4096) { self.laneLimit = laneLimit }

  /// Verifies what of a pack follows on a head that is remembered.
  package func verify(_ pack: inout Pack) {
    let heads = heads(of: pack.runs.map(\.lane))
    guard let archive = state.withLock({ $0.archive }) else { return }
    pack.verifyAhead(in: archive) { heads[$0] }
  }

  /// What is remembered of some lanes.
  package func heads(of lanes: [LaneID]) -> [LaneID: Head] {
    state.withLock { state in
      let known = Set(lanes).compactMap { lane in
        (state.heads[lane] ?? state.older[lane]).map { (lane, $0) }
      }
      return Dictionary(uniqueKeysWithValues: known)
    }
  }

  /// Remembers the lanes of a pack that has passed the gate.
  package func note(_ admission: Gate.Admission) {
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
        if state.heads.count >= laneLimit {
          state.older = state.heads
          state.heads = [:]
        }
        state.heads[change.lane] = (key, LaneHead(seq: change.header.seq, hash: change.hash))
      }
    }
  }
}

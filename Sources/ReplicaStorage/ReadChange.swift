internal import CRDT
internal import ChangeLog

/// A change's payload, read ahead of the state.
struct ReadChange: Sendable {
  private let lane: LaneID
  private let seq: UInt64
  /// `nil` where this version cannot read it.
  let payload: ChangePayload?
  /// What it makes of an object that is not there; `nil` where that must be found in the state.
  let fresh: FreshObject?

  /// Reads the changes of a pack that nobody has verified yet.
  ///
  /// - Returns: in the pack's order; fewer where a run is not in the format.
  static func all(of pack: Pack) -> [ReadChange] {
    pack.runs.flatMap { run in
      run.readPayloads().map { header, payload in
        ReadChange(
          lane: run.lane,
          seq: header.seq,
          payload: payload,
          fresh: payload.flatMap { FreshObject($0, header: header, lane: run.lane) }
        )
      }
    }
  }

  /// What a change says that was written here.
  ///
  /// - `fresh`: what its operations make of an object that is not there, in a change anywhere.
  /// - Returns: `nil` where its bytes have to be read.
  init?(_ change: Change, writtenFrom draft: ChangeDraft, making fresh: FreshObject?) {
    guard let payload = ChangePayload(writtenFrom: draft) else { return nil }
    let place = ChangePlace(lane: change.lane, seq: change.header.seq, time: change.header.time)
    self.init(
      lane: change.lane,
      seq: change.header.seq,
      payload: payload,
      fresh: fresh?.moved(to: place)
        ?? FreshObject(payload, header: change.header, lane: change.lane)
    )
  }

  private init(lane: LaneID, seq: UInt64, payload: ChangePayload?, fresh: FreshObject?) {
    self.lane = lane
    self.seq = seq
    self.payload = payload
    self.fresh = fresh
  }

  /// Whether this is what a change says that the gate has admitted.
  func isOf(_ change: Change) -> Bool {
    change.isOfUnforkedKey && change.lane == lane && change.header.seq == seq
  }
}

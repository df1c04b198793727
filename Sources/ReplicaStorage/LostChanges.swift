package import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Changes of one lane that a damaged file had and that are nowhere any more.
package struct LostChanges: Hashable, Sendable {
  package let lane: LaneID
  package let seqs: ClosedRange<UInt64>
  /// Whether this machine wrote them.
  package let isOwn: Bool

  package init(lane: LaneID, seqs: ClosedRange<UInt64>, isOwn: Bool) {
    self.lane = lane
    self.seqs = seqs
    self.isOwn = isOwn
  }
}

/// What a damaged file shows to have been in it.
struct FormerLog {
  /// What its rows say of its lanes.
  let claims: Set<PageSalvage.LaneClaim>
  /// End of its log by the mark that was kept outside of it; `nil` where there is no such mark.
  let end: UInt64?
  /// Changes that could be read.
  private(set) var readable: [LaneID: [ClosedRange<UInt64>]] = [:]
  private(set) var readableCount = 0

  init(claims: Set<PageSalvage.LaneClaim>, end: UInt64?) {
    self.claims = claims
    self.end = end
  }

  mutating func take(_ pack: Pack) {
    for span in pack.spans { readable[span.lane, default: []].append(span.firstSeq...span.lastSeq) }
    readableCount += pack.changeCount
  }

  /// How many changes were on damaged pages beside those that `claims` account for.
  ///
  /// At most: a change that lay in the log twice counts twice.
  func unnamedCount(claims: Set<PageSalvage.LaneClaim>) -> Int {
    guard let end else { return 0 }
    let lacking = Int(clamping: end) - readableCount
    guard lacking > 0 else { return 0 }
    var named = 0
    for (lane, claims) in Dictionary(grouping: claims, by: \.lane) {
      let whole = SeqRanges(claims.map { $0.firstSeq...$0.lastSeq })
      let present = SeqRanges(readable[lane] ?? [])
      for range in whole.ranges.flatMap(present.missing) {
        named += min(range.count, lacking - named)
      }
    }
    return lacking - named
  }
}

extension Replica {
  /// Which of the changes that a file had are neither in this log nor held, and how many more there
  /// were that nothing names.
  func lostChanges(of former: FormerLog) throws -> (named: [LostChanges], unnamedCount: Int) {
    var held: [LaneID: [ClosedRange<UInt64>]] = [:]
    for span in try heldPacks().flatMap(\.spans) {
      held[span.lane, default: []].append(span.firstSeq...span.lastSeq)
    }
    let frontier = try frontier()
    let open = former.claims.filter { $0.lastSeq > frontier.heads[$0.lane]?.seq ?? 0 }
    // A claim whose hash is a change that is here was only damaged itself.
    let known = try open.isEmpty ? [] : knownHashes(among: Set(open.map(\.hash)))
    let claims = former.claims.filter { !open.contains($0) || !known.contains($0.hash) }
    var lost: [LostChanges] = []
    for (lane, claims) in Dictionary(grouping: claims, by: \.lane) {
      let whole = SeqRanges(claims.map { $0.firstSeq...$0.lastSeq })
      let here = frontier.heads[lane].map { [1...$0.seq] } ?? []
      let present = SeqRanges(here + (held[lane] ?? []))
      let isOwn = try isOwn(lane)
      lost += whole.ranges.flatMap(present.missing).map {
        LostChanges(lane: lane, seqs: $0, isOwn: isOwn)
      }
    }
    lost.sort {
      $0.isOwn == $1.isOwn
        ? ($0.lane, $0.seqs.lowerBound) < ($1.lane, $1.seqs.lowerBound) : $0.isOwn
    }
    return (lost, former.unnamedCount(claims: claims))
  }

  private func knownHashes(among wanted: Set<Hash>) throws -> Set<Hash> {
    try database.read { db in
      var known: Set<Hash> = []
      let rows = try Data.fetchCursor(db, sql: "SELECT hashes FROM packs")
      while let hashes = try rows.next() {
        for start in stride(from: 0, to: hashes.count, by: Hash.byteCount) {
          guard let hash = Hash(hashes[start..<min(hashes.count, start + Hash.byteCount)]) else {
            continue
          }
          if wanted.contains(hash) { known.insert(hash) }
        }
      }
      return known
    }
  }
}

package import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB

/// What a damaged file shows to have been in it.
package struct FormerLog {
  /// What its rows say of its lanes.
  private let claims: Set<PageSalvage.LaneClaim>
  /// End of its log by what was kept outside of it; `nil` where nothing was.
  private let end: UInt64?
  /// Changes that could be read, by the lane of their key.
  private var readable: [LaneID: [ClosedRange<UInt64>]] = [:]
  private var readableCount = 0

  package init(claims: Set<PageSalvage.LaneClaim>, end: UInt64?) {
    self.claims = claims
    self.end = end
  }

  /// Notes a pack of its log that could be read.
  package mutating func take(_ pack: Pack) {
    for span in pack.spans { readable[span.lane, default: []].append(span.firstSeq...span.lastSeq) }
    readableCount += pack.changeCount
  }

  /// Changes of one lane that are nowhere any more.
  package struct Loss: Hashable, Sendable {
    package let lane: LaneID
    package let seqs: ClosedRange<UInt64>
  }

  /// What of it a log lacks.
  package struct Losses: Sendable {
    /// Ascending by lane.
    package let named: [Loss]
    /// Changes that were on damaged pages too, and that no row of a lane accounts for.
    ///
    /// At most: a change that lay in the log twice counts twice.
    package let unnamedCount: Int
  }

  /// Compares with the log that was made of it.
  ///
  /// - `held`: runs that wait outside of the log.
  package func losses(in log: SQLiteLog, held: [RunSpan]) throws -> Losses {
    let held = Dictionary(grouping: held, by: \.lane)
      .mapValues { $0.map { $0.firstSeq...$0.lastSeq } }
    let heads = try log.frontier().heads
    let open = claims.filter { $0.lastSeq > heads[$0.lane]?.seq ?? 0 }
    // A row whose hash is that of a change which is here has only been damaged itself.
    let known = try open.isEmpty ? [] : log.hashes(among: Set(open.map(\.hash)))
    let claims = claims.filter { !open.contains($0) || !known.contains($0.hash) }
    var named: [Loss] = []
    for (lane, claims) in Dictionary(grouping: claims, by: \.lane) {
      let whole = SeqRanges(claims.map { $0.firstSeq...$0.lastSeq })
      let here = heads[lane].map { [1...$0.seq] } ?? []
      let waiting = Set(claims.map(\.root)).flatMap { held[$0] ?? [] }
      named += whole.ranges.flatMap(SeqRanges(here + waiting).missing)
        .map { Loss(lane: lane, seqs: $0) }
    }
    named.sort { ($0.lane, $0.seqs.lowerBound) < ($1.lane, $1.seqs.lowerBound) }
    return Losses(named: named, unnamedCount: unnamedCount(of: claims))
  }

  private func unnamedCount(of claims: Set<PageSalvage.LaneClaim>) -> Int {
    guard let end else { return 0 }
    let lacking = Int(clamping: end) - readableCount
    guard lacking > 0 else { return 0 }
    var named = 0
    for (root, claims) in Dictionary(grouping: claims, by: \.root) {
      let whole = SeqRanges(claims.map { $0.firstSeq...$0.lastSeq })
      for range in whole.ranges.flatMap(SeqRanges(readable[root] ?? []).missing) {
        named += min(range.count, lacking - named)
      }
    }
    return lacking - named
  }
}

extension SQLiteLog {
  /// Those of some hashes that are a change's in this log.
  fileprivate func hashes(among wanted: Set<Hash>) throws -> Set<Hash> {
    var known: Set<Hash> = []
    let rows = try Data.fetchCursor(db, sql: "SELECT hashes FROM packs")
    while let hashes = try rows.next() {
      known.formUnion(try [Hash](stored: hashes).filter(wanted.contains))
    }
    return known
  }
}

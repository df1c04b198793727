internal import ChangeLog
internal import SyncProtocol

/// What sessions read of the newest part of a log: those who ask for the same get one answer, read and
/// encoded once.
///
/// A peer is sent all but what it brought itself. So those who brought nothing of a part ask for the
/// same there.
struct SharedReads {
  /// What was appended in one transaction.
  private struct Appended {
    /// Positions after `from` up to `to`.
    let from: UInt64
    let to: UInt64
    let peers: Set<StoreID>
  }

  private struct Read {
    let request: PackRequest
    let batch: Task<PackBatch, any Error>
  }

  /// Transactions remembered: sessions that are further behind read for themselves.
  private static let transactionLimit = 256
  /// Reads whose answers are kept.
  private static let readLimit = 8

  private var appended: [Appended] = []
  private var reads: [Read] = []

  mutating func append(from: UInt64, to: UInt64, by peers: Set<StoreID>) {
    if let last = appended.last, last.to != from { appended = [] }
    appended.append(Appended(from: from, to: to, peers: peers))
    if appended.count > Self.transactionLimit { appended.removeFirst() }
  }

  /// The answer for a request that others may share; `nil` for one that must be read for itself.
  ///
  /// - `read`: begins the read.
  mutating func batch(
    for request: PackRequest,
    read: (PackRequest) -> Task<PackBatch, any Error>
  ) -> Task<PackBatch, any Error>? {
    guard case .notFrom(let peer) = request.selection, let first = appended.first,
      request.after >= first.from,
      let last = appended.last, request.upTo <= last.to,
      !appended.contains(where: { $0.to > request.after && $0.peers.contains(peer) })
    else { return nil }
    if let known = reads.first(where: { $0.request.isAlike(request) }) { return known.batch }
    let batch = read(request)
    reads.append(Read(request: request, batch: batch))
    if reads.count > Self.readLimit { reads.removeFirst() }
    return batch
  }

  /// A read that failed is no answer for others.
  mutating func forget(_ request: PackRequest) { reads.removeAll { $0.request.isAlike(request) } }
}

extension PackRequest {
  /// Whether another asks for the same, whoever asks.
  fileprivate func isAlike(_ other: PackRequest) -> Bool {
    after == other.after && upTo == other.upTo && byteLimit == other.byteLimit
      && packLimit == other.packLimit
  }
}

extension PackBatch {
  /// The same with the frames made.
  var framed: PackBatch {
    PackBatch(packs: packs.map(\.framed), position: position, changeCount: changeCount)
  }
}

internal import CRDT
internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation

extension LogStore {
  func end() throws -> Cursor { try view(of: nil, knowing: nil, writing: nil).end }

  func genesis() throws -> Genesis? { try view(of: nil, knowing: nil, writing: nil).genesis }

  /// How far the store knows a peer's log.
  func known(of peer: StoreID) throws -> Cursor? {
    try view(of: peer, knowing: nil, writing: nil).known
  }

  /// The lanes of which the store claims nothing to a peer.
  func suspects(of peer: StoreID) throws -> Set<LaneID> {
    try view(of: peer, knowing: nil, writing: nil).suspects
  }

  /// Whether a peer's cursor into the store's log is good.
  func holds(_ cursor: Cursor) throws -> Bool {
    try view(of: nil, knowing: cursor, writing: nil).isPeerCursorValid
  }

  /// The next packs, whoever brought them.
  func packs(
    after: UInt64 = 0,
    upTo: UInt64,
    selecting selection: PackRequest.Selection = .beyond(.empty),
    byteLimit: Int = .max,
    packLimit: Int = .max
  ) throws -> PackBatch {
    try packs(
      PackRequest(
        after: after,
        upTo: upTo,
        selection: selection,
        byteLimit: byteLimit,
        packLimit: packLimit
      )
    )
  }

  /// Appends what a peer sends.
  @discardableResult
  func append(_ packs: [PackFixture], from peer: inout PeerFixture) throws -> AppendReceipt {
    try append(packs.map { peer.deliver($0) }, from: peer.store)
  }

  /// Appends what a new peer sends.
  @discardableResult
  func append(_ packs: [PackFixture], with writers: inout WriterFixture) throws -> AppendReceipt {
    var peer = writers.peer()
    return try append(packs, from: &peer)
  }
}

extension PackDelivery {
  /// Stands for the pack's bytes, as ``PackFixture/name`` does.
  var name: String { Hash(of: pack).prefix.hex }
}

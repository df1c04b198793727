package import CRDT
package import Foundation
package import ChangeLog
package import GRDB
package import SyncProtocol

/// The log inside a transaction of a database.
///
/// Whoever appends holds the database's write lock, which is the archive's one lock across
/// processes: position, gate and own seq are decided under it.
package struct SQLiteLog: LogIndex {
  let db: Database

  /// The database that the log is in.
  var database: Database { db }

  package init(_ db: Database) { self.db = db }

  // MARK: - The archive and the store

  /// Begins an empty log.
  package func create(store: StoreID, genesis: Genesis?) throws {
    try db.execute(
      sql: "INSERT INTO log (id, store, genesis) VALUES (1, ?, ?)",
      arguments: [store.bytes.blob, genesis?.bytes.blob]
    )
  }

  package func storeID() throws -> StoreID {
    guard let blob = try Data.fetchOne(db, cached: "SELECT store FROM log"),
      let store = StoreID(blob)
    else { throw LogFailure.damaged("log") }
    return store
  }

  /// Gives the store a new id: its positions no longer mean what peers remember.
  package func renew(store: StoreID) throws {
    try db.execute(sql: "UPDATE log SET store = ?", arguments: [store.bytes.blob])
    var check = LogCheck(store: store)
    for row in try Row.fetchAll(db, sql: "SELECT position, hashes FROM packs ORDER BY position") {
      for hash in try [Hash](stored: row.decode(atIndex: 1)) { check.append(hash) }
      try db.execute(
        sql: "UPDATE packs SET log_check = ? WHERE position = ?",
        arguments: [check.hash.bytes.blob, try row.decode(atIndex: 0) as Int64]
      )
    }
  }

  package func genesis() throws -> Genesis? {
    guard let blob = try Data.fetchOne(db, cached: "SELECT genesis FROM log") else { return nil }
    return try Genesis(Array(blob))
  }

  /// Makes an empty log that of an archive.
  ///
  /// - Throws: `PeerFailure` of code `wrongArchive` when it already is another's.
  package func adopt(_ genesis: Genesis) throws {
    if let present = try self.genesis() {
      guard present.archive == genesis.archive else {
        throw PeerFailure(.wrongArchive, "the store holds another archive", scope: .archive)
      }
      return
    }
    try db.execute(sql: "UPDATE log SET genesis = ?", arguments: [genesis.bytes.blob])
  }

  // MARK: - Reading

  /// The end of the log.
  package func end() throws -> ChangeLog.Cursor {
    let (position, check) = try checkedEnd()
    return ChangeLog.Cursor(store: try storeID(), position: UInt64(position), check: check.prefix)
  }

  private func checkedEnd() throws -> (Int64, LogCheck) {
    let row = try Row.fetchOne(
      db,
      cached: "SELECT position, log_check FROM packs ORDER BY position DESC LIMIT 1"
    )
    guard let row else { return (0, LogCheck(store: try storeID())) }
    let position: Int64 = try row.decode(atIndex: 0)
    guard (1...PackPlace.positionLimit).contains(position),
      let hash = Hash(try row.decode(atIndex: 1) as Data)
    else { throw LogFailure.damaged("log") }
    return (position, LogCheck(hash))
  }

  /// Whether a peer's cursor is a place in this log.
  package func holds(_ cursor: ChangeLog.Cursor) throws -> Bool {
    guard cursor.store == (try storeID()) else { return false }
    return try check(at: cursor.position)?.prefix == cursor.check
  }

  package func frontier() throws -> Frontier {
    var heads: [LaneID: LaneHead] = [:]
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT lane, seq, hash FROM lanes")
    )
    while let row = try rows.next() {
      guard let lane = LaneID(try row.decode(atIndex: 0) as Data),
        let hash = Hash(try row.decode(atIndex: 2) as Data)
      else {
        throw LogFailure.damaged("log")
      }
      heads[lane] = LaneHead(
        seq: try UInt64(storedSeq: row.decode(atIndex: 1), of: "log"),
        hash: hash
      )
    }
    return Frontier(heads)
  }

  /// The digest of ``frontier()``.
  ///
  /// *Why*: every session begins with it. The rows are read as they lie in the file: in the order of
  /// the lanes' index, each of ten thousand would be looked up in another place.
  package func frontierDigest() throws -> Hash {
    var digest = FrontierDigest()
    try RowScan(db, "SELECT lane, seq, hash FROM lanes").forEach { row in
      let seq = try UInt64(storedSeq: row.integer(1), of: "log")
      guard digest.append(lane: row.bytes(0), seq: seq, hash: row.bytes(2)) else {
        throw LogFailure.damaged("log")
      }
    }
    return digest.hash
  }

  package func head(of lane: LaneID) throws -> LaneHead? {
    let row = try Row.fetchOne(
      db,
      cached: "SELECT seq, hash FROM lanes WHERE lane = ?",
      arguments: [lane.bytes.blob]
    )
    guard let row, let hash = Hash(try row.decode(atIndex: 1) as Data) else { return nil }
    return LaneHead(seq: try UInt64(storedSeq: row.decode(atIndex: 0), of: "log"), hash: hash)
  }

  package func writingKey(of lane: LaneID) throws -> PublicKey? {
    try Data.fetchOne(
      db,
      cached: "SELECT writing_key FROM lanes WHERE lane = ?1 OR root = ?1 LIMIT 1",
      arguments: [lane.bytes.blob]
    ).flatMap { PublicKey($0) }
  }

  package func hash(of change: ChangeID) throws -> Hash? {
    guard let seq = Int64(exactly: change.seq) else { return nil }
    return try Data.fetchOne(
      db,
      cached: """
        SELECT substr(packs.hashes, 1 + 32 * (runs.place + ?2 - runs.first_seq), 32)
        FROM lanes
          JOIN runs ON runs.lane = lanes.id AND runs.first_seq <= ?2 AND runs.last_seq >= ?2
          JOIN packs ON packs.position = runs.pack
        WHERE lanes.lane = ?1 ORDER BY runs.first_seq DESC LIMIT 1
        """,
      arguments: [change.lane.bytes.blob, seq]
    ).flatMap { Hash($0) }
  }

  /// The local number of a lane that the log holds.
  package func number(of lane: LaneID) throws -> Int64? {
    try Int64.fetchOne(
      db,
      cached: "SELECT id FROM lanes WHERE lane = ?",
      arguments: [lane.bytes.blob]
    )
  }

  /// How the log stands to a peer.
  ///
  /// - `memory`: of this log's frontier.
  package func view(
    of peer: StoreID?,
    knowing cursor: ChangeLog.Cursor?,
    writing lane: LaneID?,
    own: LaneID?,
    remembering memory: FrontierMemory
  ) throws -> StoreView {
    let end = try end()
    let ownHead = try own.flatMap { try head(of: $0) }
    return StoreView(
      genesis: try genesis(),
      end: end,
      frontier: try memory.digest(at: end, computing: frontierDigest),
      known: try peer.flatMap { try known(of: $0) },
      isPeerCursorValid: try cursor.map { try holds($0) } ?? false,
      peerLane: try lane.flatMap { try farthestHead(of: $0) },
      ownLane: own.flatMap { lane in ownHead.map { StoreView.OwnLane(lane: lane, head: $0) } },
      suspects: try peer.map { try suspects(of: $0) } ?? []
    )
  }

  /// How far a peer's log is known here.
  package func known(of peer: StoreID) throws -> ChangeLog.Cursor? {
    let row = try Row.fetchOne(
      db,
      cached: "SELECT position, log_check FROM stores WHERE store = ? AND position >= 0",
      arguments: [peer.bytes.blob]
    )
    // A row that is damaged is forgotten: then frontiers tell.
    return row.flatMap {
      guard let position = try? $0.decode(UInt64.self, atIndex: 0),
        let check = try? $0.decode(Data.self, atIndex: 1)
      else { return nil }
      return ChangeLog.Cursor(store: peer, position: position, check: Array(check))
    }
  }

  package func packs(_ request: PackRequest) throws -> PackBatch {
    var packs: [PackDelivery] = []
    var byteCount = 0
    var changeCount = 0
    let (after, upTo) = (Int64(clamping: request.after), Int64(clamping: request.upTo))
    var selection = try PackSelection(request.selection, self)
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT packs.position, packs.count, stores.store
        FROM packs LEFT JOIN stores ON stores.id = packs.source
        WHERE packs.position > ? ORDER BY packs.position
        """,
      arguments: [after]
    )
    while let row = try rows.next() {
      let pack = try PackPlace(position: row.decode(atIndex: 0), count: row.decode(atIndex: 1))
      let source: Data? = try row.decode(atIndex: 2)
      // A pack that was joined while the peer read may reach beyond.
      guard pack.begin < upTo else { break }
      guard let places = try selection.places(in: pack, source: source, db) else { continue }
      let begin = max(after, pack.begin + places.lowerBound)
      let end = min(upTo, pack.begin + places.upperBound)
      guard begin < end else { continue }
      let (delivery, count) = try delivery(of: pack, after: begin, upTo: end)
      // A run that goes across the end is behind it.
      guard delivery.position <= request.upTo else { break }
      // Decided only now that another pack is found: otherwise nothing selected is left.
      if let last = packs.last,
        packs.count == request.packLimit || byteCount + delivery.pack.count > request.byteLimit
      {
        return PackBatch(packs: packs, position: last.position, changeCount: changeCount)
      }
      byteCount += delivery.pack.count
      changeCount += count
      packs.append(delivery)
    }
    return PackBatch(packs: packs, position: request.upTo, changeCount: changeCount)
  }

  // MARK: - Appending

  /// Appends a pack that has passed the gate, or that was written here.
  ///
  /// - `hashes`: of every change, in the pack's order.
  /// - `beginnings`: the certifications of lanes that begin in the pack.
  /// - `branches`: those that begin in it.
  /// - `source`: the store that brought it; `nil` for one's own.
  package func append(
    _ bytes: [UInt8],
    spans: [RunSpan],
    hashes: [Hash],
    beginnings: [LaneID: Certification],
    branches: [LaneBranch] = [],
    from source: StoreID?
  ) throws {
    try append(
      bytes,
      spans: spans,
      hashes: hashes,
      beginnings: beginnings,
      branches: branches,
      from: source.map { try number(ofStore: $0) },
      numberOf: number(of:)
    )
  }

  /// - `source`: the number of a store.
  /// - `numberOf`: of a lane that the log holds.
  func append(
    _ bytes: [UInt8],
    spans: [RunSpan],
    hashes: [Hash],
    beginnings: [LaneID: Certification],
    branches: [LaneBranch],
    from source: Int64?,
    numberOf: (LaneID) throws -> Int64?
  ) throws {
    let branches = Dictionary(
      branches.map { ($0.lane, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    var (position, check) = try checkedEnd()
    position += Int64(hashes.count)
    for hash in hashes { check.append(hash) }
    try db.cachedStatement(
      sql: """
        INSERT INTO packs (position, count, source, bytes, hashes, log_check, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, row_checksum(?1, ?3))
        """
    ).execute(arguments: [
      position, hashes.count, source, bytes.blob, hashes.flatMap(\.bytes).blob,
      check.hash.bytes.blob,
    ])
    var place = 0
    for span in spans {
      let head = LaneHead(seq: span.lastSeq, hash: hashes[place + span.count - 1])
      let lane = try raise(
        span.lane,
        numberOf(span.lane),
        to: head,
        beginning: beginnings[span.lane],
        branch: branches[span.lane]
      )
      try db.cachedStatement(
        sql: "INSERT INTO runs (lane, first_seq, last_seq, pack, place) VALUES (?, ?, ?, ?, ?)"
      ).execute(arguments: [lane, Int64(span.firstSeq), Int64(span.lastSeq), position, place])
      place += span.count
    }
  }

  /// Moves a lane's head up, or begins the lane, and returns its local number.
  private func raise(
    _ lane: LaneID,
    _ number: Int64?,
    to head: LaneHead,
    beginning: Certification?,
    branch: LaneBranch?
  ) throws -> Int64 {
    if let number {
      try db.cachedStatement(sql: "UPDATE lanes SET seq = ?2, hash = ?3 WHERE id = ?1 AND seq < ?2")
        .execute(arguments: [number, Int64(head.seq), head.hash.bytes.blob])
      return number
    }
    let author: (key: Data, member: Data)
    if let beginning {
      author = (beginning.writingKey.bytes.blob, beginning.member.bytes.blob)
    } else if let branch, let known = try self.author(of: branch.parent ?? branch.root) {
      author = known
    } else {
      throw LogFailure.gap(ChangeID(lane: lane, seq: 1))
    }
    try db.execute(
      sql: """
        INSERT INTO lanes (lane, writing_key, member, first_seq, seq, hash, root, parent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        lane.bytes.blob, author.key, author.member, Int64(branch?.firstSeq ?? 1), Int64(head.seq),
        head.hash.bytes.blob, branch?.root.bytes.blob, branch?.parent?.bytes.blob,
      ]
    )
    return db.lastInsertedRowID
  }

  func number(ofStore store: StoreID) throws -> Int64 {
    if let number = try Int64.fetchOne(
      db,
      cached: "SELECT id FROM stores WHERE store = ?",
      arguments: [store.bytes.blob]
    ) {
      return number
    }
    // -1: packs came from there, but its log is not known to any position.
    try db.execute(
      sql: "INSERT INTO stores (store, position, log_check) VALUES (?, -1, x'')",
      arguments: [store.bytes.blob]
    )
    return db.lastInsertedRowID
  }

  /// Forgets how far a peer's log is known: the next session asks for frontiers.
  func forgetCursor(of peer: StoreID) throws {
    try db.execute(
      sql: "UPDATE stores SET position = -1, log_check = x'' WHERE store = ?",
      arguments: [peer.bytes.blob]
    )
  }

  /// Forgets that, and that packs came from there: their row goes on under an id that no store has.
  ///
  /// *Why the packs too*: who is found to have lost what it brought is sent it again, also when the session
  /// that found it breaks.
  package func forget(_ peer: StoreID) throws {
    try forgetCursor(of: peer)
    // Not made of anything that a peer could know, who might come as a store with this id.
    try db.execute(
      sql: "UPDATE stores SET store = randomblob(16) WHERE store = ?",
      arguments: [peer.bytes.blob]
    )
  }

  /// Remembers how far a peer's log is known.
  package func remember(_ cursor: ChangeLog.Cursor) throws {
    try remember(cursor, ofStore: number(ofStore: cursor.store))
  }

  func remember(_ cursor: ChangeLog.Cursor, ofStore number: Int64) throws {
    try db.cachedStatement(sql: "UPDATE stores SET position = ?, log_check = ? WHERE id = ?")
      .execute(arguments: [Int64(cursor.position), cursor.check.blob, number])
  }
}

extension [UInt8] {
  /// The bytes as GRDB binds them.
  package var blob: Data { Data(self) }
}

extension DatabaseValueConvertible {
  static func fetchOne(
    _ db: Database,
    cached sql: String,
    arguments: StatementArguments = StatementArguments()
  ) throws -> Self? {
    try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
  }
}

extension Row {
  static func fetchOne(
    _ db: Database,
    cached sql: String,
    arguments: StatementArguments = StatementArguments()
  ) throws -> Row? {
    try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
  }
}

internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import SyncProtocol

/// Lanes that continue in two ways: each way is a lane of its own from there.
extension SQLiteLog {
  package func laneTree() throws -> LaneTree {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT lane, root, parent, first_seq FROM lanes WHERE root IS NOT NULL"
      )
    )
    var branches: [LaneBranch] = []
    while let row = try rows.next() {
      guard let lane = LaneID(try row.decode(atIndex: 0) as Data),
        let root = LaneID(try row.decode(atIndex: 1) as Data)
      else {
        throw LogFailure.damaged("log")
      }
      let parent = (try row.decode(atIndex: 2) as Data?).flatMap { LaneID($0) }
      branches.append(
        LaneBranch(
          lane: lane,
          root: root,
          parent: parent,
          firstSeq: try UInt64(storedSeq: row.decode(atIndex: 3), of: "log")
        )
      )
    }
    let tree = LaneTree(branches)
    // Ways to the root of a key end: what a branch continues begins before it.
    for branch in branches {
      guard let parent = branch.parent.flatMap(tree.branch) else { continue }
      guard parent.firstSeq < branch.firstSeq else { throw LogFailure.damaged("log") }
    }
    return tree
  }

  /// The hashes of the changes that branches begin with.
  ///
  /// - Throws: `LogFailure.damaged` where one is not there.
  package func firstsOfBranches() throws -> Set<Hash> {
    let tree = try laneTree()
    let firsts = try tree.roots.flatMap(tree.branches).map { branch in
      guard let first = try hash(of: ChangeID(lane: branch.lane, seq: branch.firstSeq)) else {
        throw LogFailure.damaged("log")
      }
      return first
    }
    return Set(firsts)
  }

  /// The changes of a run of this log, in the lanes where they are.
  ///
  /// Chain and signature are verified once more.
  ///
  /// - `number`: of the run in its pack, from 0.
  /// - `position`: where the pack ends.
  /// Throws: `LogFailure`.
  package func changes(
    ofRun number: Int,
    of pack: Pack,
    at position: Int64
  ) throws -> [Change] {
    guard let archive = try genesis()?.archive else { throw LogFailure.damaged("log") }
    let run = pack.runs[number]
    let tree = try laneTree()
    let place = pack.runs[..<number].reduce(0) { $0 + $1.headers.count }
    let lanes = tree.isEmpty ? [] : try lanes(ofPackAt: position).dropFirst(place)
    guard let key = try writingKey(of: run.lane),
      let first = tree.isEmpty ? run.lane : lanes.first
    else { throw LogFailure.damaged("log") }
    let before = ChangeID(
      lane: tree.lane(holding: run.firstSeq - 1, along: first),
      seq: run.firstSeq - 1
    )
    let previous =
      before.seq == 0 ? Hash.beforeLane(archive: archive, writingKey: key) : try hash(of: before)
    guard let previous else { throw LogFailure.damaged("log") }
    let changes = try run.changes(archive: archive, key: key, previous: previous)
    guard !tree.isEmpty else { return changes }
    guard lanes.count >= changes.count else { throw LogFailure.damaged("log") }
    var lookup = BranchLookup(self, tree: tree)
    return try zip(changes, lanes).map { change, lane in
      let dependencies = try change.header.dependencies.map { try placed($0, &lookup) }
      return change.placed(in: lane, tree: tree, dependencies: dependencies)
    }
  }

  /// The lane of each change of a pack.
  private func lanes(ofPackAt position: Int64) throws -> [LaneID] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT lanes.lane, runs.last_seq - runs.first_seq + 1
          FROM runs JOIN lanes ON lanes.id = runs.lane WHERE runs.pack = ? ORDER BY runs.place
          """
      ),
      arguments: [position]
    )
    return try rows.flatMap { row in
      guard let lane = LaneID(try row.decode(atIndex: 0) as Data),
        (1...FormatLimits.packChangeCountLimit).contains(try row.decode(atIndex: 1) as Int)
      else { throw LogFailure.damaged("log") }
      return Array(repeating: lane, count: try row.decode(atIndex: 1))
    }
  }

  /// A dependency in the lane that holds it.
  private func placed(
    _ dependency: Dependency,
    _ lookup: inout BranchLookup<SQLiteLog>
  ) throws -> Dependency {
    let change = ChangeID(lane: dependency.root, seq: dependency.change.seq)
    if try hash(of: change)?.prefix == dependency.hashPrefix {
      return dependency.placed(in: dependency.root)
    }
    guard let lane = try lookup.branches(holding: change)[dependency.hashPrefix] else {
      throw LogFailure.damaged("log")
    }
    return dependency.placed(in: lane)
  }

  /// Makes a lane end sooner, and what follows branches.
  ///
  /// - `children`: the lanes that continue it now.
  /// Throws: `LogFailure.damaged` where the log does not have what it is to split; some of it may be
  ///   written then.
  func split(_ split: LaneSplit, continuedBy children: Set<LaneID>) throws {
    guard let number = try number(of: split.lane), let head = try head(of: split.lane),
      let author = try author(of: split.lane), let first = split.branches.first,
      let last = split.branches.last
    else { throw LogFailure.damaged("log") }
    for child in children {
      try db.cachedStatement(sql: "UPDATE lanes SET parent = ? WHERE lane = ?")
        .execute(arguments: [last.lane.bytes.blob, child.bytes.blob])
    }
    var parts: [(firstSeq: Int64, lane: Int64)] = []
    for (branch, next) in zip(split.branches, split.branches.dropFirst().map(Optional.some) + [nil])
    {
      let end = try next.map { try self.head(of: split.lane, before: $0.firstSeq) } ?? head
      try db.cachedStatement(
        sql: """
          INSERT INTO lanes (lane, writing_key, member, first_seq, seq, hash, root, parent)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        branch.lane.bytes.blob, author.key, author.member, Int64(branch.firstSeq), Int64(end.seq),
        end.hash.bytes.blob, branch.root.bytes.blob, branch.parent?.bytes.blob,
      ])
      parts.append((Int64(branch.firstSeq), db.lastInsertedRowID))
    }
    let end = try first.parent.map { _ in try self.head(of: split.lane, before: first.firstSeq) }
    try moveRuns(of: number, to: parts)
    if let end {
      try db.execute(
        sql: "UPDATE lanes SET seq = ?, hash = ? WHERE id = ?",
        arguments: [Int64(end.seq), end.hash.bytes.blob, number]
      )
    } else {
      try db.execute(sql: "DELETE FROM lanes WHERE id = ?", arguments: [number])
    }
  }

  /// The head that a lane has where it ends before a change.
  private func head(of lane: LaneID, before seq: UInt64) throws -> LaneHead {
    guard let hash = try hash(of: ChangeID(lane: lane, seq: seq - 1)) else {
      throw LogFailure.damaged("log")
    }
    return LaneHead(seq: seq - 1, hash: hash)
  }

  /// Says of the changes of a lane from one on that they are other lanes'.
  ///
  /// Each row is read once, whatever the number of lanes.
  ///
  /// - `parts`: where each begins, ascending; at least one.
  private func moveRuns(of lane: Int64, to parts: [(firstSeq: Int64, lane: Int64)]) throws {
    let begin = parts[0].firstSeq
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT first_seq, last_seq, pack, place FROM runs
          WHERE lane = ? AND first_seq > ? AND last_seq >= ?
          """
      ),
      // No run is longer than a pack may be.
      arguments: [lane, begin - Int64(FormatLimits.packChangeCountLimit), begin]
    )
    for row in rows {
      let (firstSeq, lastSeq): (Int64, Int64) = try (row.decode(atIndex: 0), row.decode(atIndex: 1))
      let (pack, place): (Int64, Int64) = try (row.decode(atIndex: 2), row.decode(atIndex: 3))
      try db.cachedStatement(sql: "DELETE FROM runs WHERE lane = ? AND first_seq = ? AND pack = ?")
        .execute(arguments: [lane, firstSeq, pack])
      var seq = firstSeq
      while seq <= lastSeq {
        let next = parts.partitioningIndex { $0.firstSeq > seq }
        let last = next < parts.count ? min(lastSeq, parts[next].firstSeq - 1) : lastSeq
        try db.cachedStatement(
          sql: "INSERT INTO runs (lane, first_seq, last_seq, pack, place) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
          next == 0 ? lane : parts[next - 1].lane, seq, last, pack, place + seq - firstSeq,
        ])
        seq = last + 1
      }
    }
  }

  /// Who writes a lane: writing key and member.
  func author(of lane: LaneID) throws -> (key: Data, member: Data)? {
    try Row.fetchOne(
      db,
      cached: "SELECT writing_key, member FROM lanes WHERE lane = ?1 OR root = ?1 LIMIT 1",
      arguments: [lane.bytes.blob]
    ).map { (key: try $0.decode(atIndex: 0), member: try $0.decode(atIndex: 1)) }
  }

  /// What is held of a key's changes: the longest of its branches.
  func farthestHead(of root: LaneID) throws -> ClaimedHead? {
    try Row.fetchOne(
      db,
      cached: """
        SELECT seq, hash FROM lanes WHERE lane = ?1 OR root = ?1 ORDER BY seq DESC, hash LIMIT 1
        """,
      arguments: [root.bytes.blob]
    ).map {
      ClaimedHead(
        seq: try UInt64(storedSeq: $0.decode(atIndex: 0), of: "log"),
        hashPrefix: Array((try $0.decode(atIndex: 1) as Data).prefix(Hash.prefixByteCount))
      )
    }
  }

  // MARK: - Peers that hold another branch

  /// Keeps what a refused pack says about the peer's log.
  ///
  /// The gate finds a fork before it has verified a signature, and a store id is what a peer says it is:
  /// so what is kept changes only what is told to a peer of that name, until a session with it ends.
  func note(_ failure: LogFailure, of peer: StoreID) throws {
    switch failure {
    case .gap: try forgetCursor(of: peer)
    case .fork(let change):
      try forgetCursor(of: peer)
      try db.execute(
        sql: "INSERT OR IGNORE INTO suspects (store, lane) VALUES (?, ?)",
        arguments: [peer.bytes.blob, change.lane.bytes.blob]
      )
    case .malformed, .unsupported, .damaged, .tooLarge: break
    }
  }

  /// A session went to its end: everything that the peer had to send is here.
  package func settle(at cursor: ChangeLog.Cursor) throws {
    if try known(of: cursor.store) != cursor { try remember(cursor) }
    try db.execute(
      sql: "DELETE FROM suspects WHERE store = ?",
      arguments: [cursor.store.bytes.blob]
    )
  }

  /// The other branch of a lane has come.
  func acquit(_ root: LaneID) throws {
    try db.execute(sql: "DELETE FROM suspects WHERE lane = ?", arguments: [root.bytes.blob])
  }

  /// The lanes of keys of which a peer holds what is not here.
  func suspects(of peer: StoreID) throws -> Set<LaneID> {
    let lanes = try Data.fetchSet(
      db.cachedStatement(
        sql: """
          SELECT lane FROM suspects WHERE store = ?1
          UNION SELECT lanes.lane FROM suspects JOIN lanes ON lanes.root = suspects.lane
          WHERE suspects.store = ?1
          """
      ),
      arguments: [peer.bytes.blob]
    )
    return Set(lanes.compactMap { LaneID($0) })
  }
}

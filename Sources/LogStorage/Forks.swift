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

  /// Takes a pack through the gate, and splits the lanes that fork in it.
  ///
  /// - Throws: `LogFailure`; every lane is then as it was.
  func admission(of pack: Pack, into archive: ArchiveID) throws -> Gate.Admission {
    let gate = Gate(archive: archive)
    do {
      return try gate.admit(pack, to: self)
    } catch let first as LaneSplit {
      var admission: Gate.Admission?
      try db.inSavepoint {
        var next: LaneSplit? = first
        while let split = next {
          try self.split(split)
          next = nil
          do { admission = try gate.admit(pack, to: self) } catch let split as LaneSplit {
            next = split
          }
        }
        return .commit
      }
      guard let admission else { throw LogFailure.damaged("log") }
      return admission
    }
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
    return try zip(changes, lanes).map { change, lane in
      let dependencies = try change.header.dependencies.map { try placed($0, in: tree) }
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

  /// A dependency in the branch that holds it.
  private func placed(_ dependency: Dependency, in tree: LaneTree) throws -> Dependency {
    let root = dependency.root
    for lane in [root] + tree.branches(of: root).map(\.lane) {
      let hash = try hash(of: ChangeID(lane: lane, seq: dependency.change.seq))
      if hash?.prefix == dependency.hashPrefix { return dependency.placed(in: lane) }
    }
    throw LogFailure.damaged("log")
  }

  /// Makes the changes of a lane from one on a branch.
  private func split(_ split: LaneSplit) throws {
    let tree = try laneTree()
    let old = tree.branch(split.lane)
    guard let number = try number(of: split.lane), let key = try writingKey(of: split.lane),
      let head = try head(of: split.lane), let author = try author(of: split.lane),
      let first = try hash(of: ChangeID(lane: split.lane, seq: split.seq))
    else { throw LogFailure.damaged("log") }
    let branch = LaneID(branchOf: key, first: first)
    let before = try hash(of: ChangeID(lane: split.lane, seq: split.seq - 1))
    try db.execute(
      sql: """
        INSERT INTO lanes (lane, writing_key, member, first_seq, seq, hash, root, parent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        branch.bytes.blob, author.key, author.member, Int64(split.seq), Int64(head.seq),
        head.hash.bytes.blob, (old?.root ?? split.lane).bytes.blob,
        before == nil ? nil : split.lane.bytes.blob,
      ]
    )
    let branchNumber = db.lastInsertedRowID
    try db.execute(
      sql: "UPDATE lanes SET parent = ?1 WHERE parent = ?2 AND lane <> ?1",
      arguments: [branch.bytes.blob, split.lane.bytes.blob]
    )
    let seq = Int64(split.seq)
    try db.execute(
      sql: """
        INSERT INTO runs (lane, first_seq, last_seq, pack, place)
        SELECT ?1, ?3, last_seq, pack, place + ?3 - first_seq FROM runs
        WHERE lane = ?2 AND first_seq < ?3 AND last_seq >= ?3
        """,
      arguments: [branchNumber, number, seq]
    )
    try db.execute(
      sql:
        "UPDATE runs SET last_seq = ?2 - 1 WHERE lane = ?1 AND first_seq < ?2 AND last_seq >= ?2",
      arguments: [number, seq]
    )
    try db.execute(
      sql: "UPDATE runs SET lane = ?1 WHERE lane = ?2 AND first_seq >= ?3",
      arguments: [branchNumber, number, seq]
    )
    if let before {
      try db.execute(
        sql: "UPDATE lanes SET seq = ?, hash = ? WHERE id = ?",
        arguments: [seq - 1, before.bytes.blob, number]
      )
    } else {
      try db.execute(sql: "DELETE FROM lanes WHERE id = ?", arguments: [number])
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
  func note(_ failure: LogFailure, of peer: StoreID) throws {
    switch failure {
    case .gap: try forget(peer)
    case .fork(let change):
      try forget(peer)
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
  func suspects() throws -> Set<LaneID> {
    let lanes = try Data.fetchSet(
      db.cachedStatement(
        sql: """
          SELECT lane FROM suspects
          UNION SELECT lanes.lane FROM suspects JOIN lanes ON lanes.root = suspects.lane
          """
      )
    )
    return Set(lanes.compactMap { LaneID($0) })
  }
}

internal import ChangeLog
internal import Foundation
internal import GRDB

/// How far the joining of a log's packs came, and what it won.
package struct LogJoiningTally: Hashable, Sendable {
  /// The packs up to this position of the log were looked at.
  package fileprivate(set) var position: UInt64
  /// What comes later joins nothing before this position: where all packs are kept elsewhere, the next
  /// joining may begin here.
  package fileprivate(set) var settledPosition: UInt64
  /// Whether all packs were looked at.
  package fileprivate(set) var isAtEnd = false
  /// Packs that became part of another one.
  package fileprivate(set) var joinedCount = 0
  /// Packs that were made of them.
  package fileprivate(set) var madeCount = 0
  /// What the joined packs were, bytes.
  package fileprivate(set) var byteCountBefore = 0
  /// What was made of them is, bytes.
  package fileprivate(set) var byteCount = 0

  fileprivate init(position: UInt64) {
    self.position = position
    settledPosition = position
  }
}

/// Makes one pack of small neighbours that one source brought, compressed together.
///
/// Changes, their order, positions and the running check stay, and every place where a pack ended
/// remains one where peers and backups go on (``PackPlace``). It can be broken off anywhere, and begun
/// anew: nothing is remembered in the file, and each joined pack is a transaction.
///
/// Packs of a key that is forked stay as they are: both branches in one pack would be no pack.
package struct LogJoining: Sendable {
  /// What an import fills packs to.
  private static let byteLimit = 256 << 10
  private static let level: Int32 = 9
  /// So many packs are read at once.
  private static let batchPackCount = 64

  private let database: ArchiveDatabase

  package init(_ database: ArchiveDatabase) { self.database = database }

  /// Goes through the packs after a position.
  ///
  /// - `kept`: other packs stay as they are. *Why*: one flipped bit costs the pack that it is in, and
  ///   what nobody else has is lost with it.
  /// - `mayGoOn`: asked before each pack is looked at or made.
  /// - `progress`: told after packs were read, with the position of the log's end.
  /// Throws: GRDB's `DatabaseError`; what was joined until then stays.
  package func run(
    after position: UInt64 = 0,
    keptElsewhere kept: KeptElsewhere = .everything,
    mayGoOn: () -> Bool = { true },
    progress: (LogJoiningTally, UInt64) -> Void = { _, _ in }
  ) throws -> LogJoiningTally {
    var tally = LogJoiningTally(position: position)
    var plan = JoiningPlan(byteLimit: Self.byteLimit)
    while true {
      let (packs, end) = try packs(after: tally.position, kept)
      for pack in packs {
        guard mayGoOn() else { return tally }
        let settled: [JoiningPlan.Group]
        switch pack {
        case .joinable(let pack): settled = plan.take(pack)
        case .apart: settled = plan.finish()
        }
        for group in settled {
          guard mayGoOn() else { return tally }
          try join(group, &tally)
        }
        tally.position = UInt64(clamping: pack.position)
        tally.settledPosition = plan.begin.map { UInt64(clamping: $0) } ?? tally.position
      }
      progress(tally, end)
      guard packs.isEmpty else { continue }
      for group in plan.finish() {
        guard mayGoOn() else { return tally }
        try join(group, &tally)
      }
      tally.isAtEnd = true
      return tally
    }
  }

  // MARK: - Reading

  /// A pack as the plan sees it.
  private enum Neighbour {
    case joinable(LoggedPack)
    /// Large, damaged, of a forked key, not wholly understood, or nobody else's yet.
    case apart(Int64)

    var position: Int64 {
      switch self {
      case .joinable(let pack): pack.place.position
      case .apart(let position): position
      }
    }
  }

  /// The next packs, and the position of the log's end.
  private func packs(
    after position: UInt64,
    _ kept: KeptElsewhere
  ) throws -> (packs: [Neighbour], end: UInt64) {
    try database.read { db in
      let rows = try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT packs.position, count, source, length(bytes), stores.store
            FROM packs LEFT JOIN stores ON stores.id = source
            WHERE packs.position > ? ORDER BY packs.position LIMIT ?
            """
        ),
        arguments: [Int64(clamping: position), Self.batchPackCount]
      )
      let end = try Int64.fetchOne(db, sql: "SELECT max(position) FROM packs") ?? 0
      let packs = try rows.map { row in
        let position: Int64 = try row.decode(atIndex: 0)
        // Damage is for the verification to tell.
        guard let place = try? PackPlace(position: position, count: row.decode(atIndex: 1)) else {
          return Neighbour.apart(position)
        }
        let isKept = kept.contains(
          packEndingAt: UInt64(clamping: place.position),
          from: (try row.decode(atIndex: 4) as Data?).flatMap { StoreID($0) }
        )
        // Half of what a joined pack may be is the most that its largest part can be.
        guard isKept, try row.decode(atIndex: 3) <= Self.byteLimit / 2,
          let pack = try LoggedPack(
            db,
            place,
            source: row.decode(atIndex: 2),
            plainByteLimit: Self.byteLimit / 2
          )
        else { return Neighbour.apart(place.position) }
        return .joinable(pack)
      }
      return (packs, UInt64(clamping: end))
    }
  }

  // MARK: - Writing

  /// Puts one pack in the place of a group's, unless somebody changed one of them meanwhile.
  private func join(_ group: JoiningPlan.Group, _ tally: inout LogJoiningTally) throws {
    guard group.packs.count > 1, let last = group.packs.last else { return }
    let bytes = try Pack.joined(group.packs.map(\.content), level: Self.level)
    let isJoined = try database.write { db in
      for pack in group.packs {
        guard try pack.isUnchanged(db) else { return false }
      }
      try replace(group.packs, endingAt: last.place.position, by: bytes, db)
      return true
    }
    guard isJoined else { return }
    tally.joinedCount += group.packs.count
    tally.madeCount += 1
    tally.byteCountBefore += group.packs.reduce(0) { $0 + $1.content.bytes.count }
    tally.byteCount += bytes.count
  }

  private func replace(
    _ packs: [LoggedPack],
    endingAt position: Int64,
    by bytes: [UInt8],
    _ db: Database
  ) throws {
    var hashes = Data()
    for pack in packs {
      let stored = try Data.fetchOne(
        db,
        cached: "SELECT hashes FROM packs WHERE position = ?",
        arguments: [pack.place.position]
      )
      guard let stored else { throw LogFailure.damaged("log") }
      hashes += stored
    }
    let delete = try db.cachedStatement(sql: "DELETE FROM runs WHERE pack = ?")
    for pack in packs { try delete.execute(arguments: [pack.place.position]) }
    // The row of the last keeps its position, source and check.
    try db.cachedStatement(
      sql: "UPDATE packs SET count = ?2, bytes = ?3, hashes = ?4 WHERE position = ?1"
    ).execute(arguments: [
      position, packs.reduce(0) { $0 + $1.place.count }, bytes.blob, hashes,
    ])
    for run in LoggedPack.joinedRuns(of: packs) {
      try db.cachedStatement(
        sql: "INSERT INTO runs (lane, first_seq, last_seq, pack, place) VALUES (?, ?, ?, ?, ?)"
      ).execute(arguments: [run.lane, run.firstSeq, run.lastSeq, position, run.place])
    }
    let remove = try db.cachedStatement(sql: "DELETE FROM packs WHERE position = ?")
    for pack in packs.dropLast() { try remove.execute(arguments: [pack.place.position]) }
  }
}

extension LoggedPack {
  /// - Returns: `nil` for one that stays apart.
  fileprivate init?(
    _ db: Database,
    _ place: PackPlace,
    source: Int64?,
    plainByteLimit: Int
  ) throws {
    guard let runs = try Self.runs(db, place.position),
      runs.allSatisfy({
        place.holds(firstSeq: $0.firstSeq, lastSeq: $0.lastSeq, place: $0.place)
      }),
      let bytes = try Self.bytes(db, place.position)
    else { return nil }
    do throws(LogFailure) {
      let content = try JoinablePack(Array(bytes), plainByteLimit: plainByteLimit)
      guard let content, content.changeCount == place.count else { return nil }
      self.init(place: place, source: source, content: content, runs: runs)
    } catch {
      // Damage is for the verification to tell.
      return nil
    }
  }

  /// Whether the log still has it as it was read.
  fileprivate func isUnchanged(_ db: Database) throws -> Bool {
    let count = try Int64.fetchOne(
      db,
      cached: "SELECT count FROM packs WHERE position = ?1 AND source IS ?2",
      arguments: [place.position, source]
    )
    return try count == place.count && Self.bytes(db, place.position) == content.bytes.blob
      && Self.runs(db, place.position) == runs
  }

  private static func bytes(_ db: Database, _ position: Int64) throws -> Data? {
    try Data.fetchOne(
      db,
      cached: "SELECT bytes FROM packs WHERE position = ?",
      arguments: [position]
    )
  }

  /// The runs of a pack by their places; `nil` where the key of one is forked.
  private static func runs(_ db: Database, _ position: Int64) throws -> [LoggedRun]? {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT runs.lane, runs.first_seq, runs.last_seq, runs.place, EXISTS (
            SELECT 1 FROM lanes AS branches
            WHERE branches.root IS NOT NULL
              AND branches.root IN (lanes.root, lanes.lane))
          FROM runs JOIN lanes ON lanes.id = runs.lane WHERE runs.pack = ? ORDER BY runs.place
          """
      ),
      arguments: [position]
    )
    guard try !rows.contains(where: { try $0.decode(atIndex: 4) }) else { return nil }
    return try rows.map {
      try LoggedRun(
        lane: $0.decode(atIndex: 0),
        firstSeq: $0.decode(atIndex: 1),
        lastSeq: $0.decode(atIndex: 2),
        place: $0.decode(atIndex: 3)
      )
    }
  }

  /// The runs of several packs as one pack has them: what follows in the lane is one run, as when a pack
  /// passes the gate.
  fileprivate static func joinedRuns(of packs: [LoggedPack]) -> [LoggedRun] {
    var joined: [LoggedRun] = []
    var place: Int64 = 0
    for pack in packs {
      for run in pack.runs {
        if let last = joined.last, last.lane == run.lane, last.lastSeq + 1 == run.firstSeq {
          joined[joined.count - 1].lastSeq = run.lastSeq
        } else {
          var run = run
          run.place += place
          joined.append(run)
        }
      }
      place += pack.place.count
    }
    return joined
  }
}

extension LogJoiningTally: CustomStringConvertible {
  package var description: String {
    "\(joinedCount) small packs became \(madeCount): \(byteCountBefore) bytes are \(byteCount) now"
  }
}

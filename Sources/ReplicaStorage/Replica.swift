internal import CRDT
package import ChangeLog
internal import Foundation
package import GRDB
package import LogStorage
internal import SyncProtocol

/// What a replica needs from the world around it.
package struct ReplicaEnvironment: Sendable {
  package let identities: any Identities
  /// The wall clock, ms since 1970-01-01 UTC.
  package let now: @Sendable () -> Int64
  /// So many random bytes.
  package let random: @Sendable (Int) -> [UInt8]
  /// How the user wants to be called in this archive.
  package let memberName: String
  /// How long another process may hold the archive's lock, seconds.
  package let lockTimeout: Double

  package init(
    identities: any Identities,
    memberName: String,
    lockTimeout: Double = 10,
    now: @escaping @Sendable () -> Int64,
    random: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.identities = identities
    self.memberName = memberName
    self.lockTimeout = lockTimeout
    self.now = now
    self.random = random
  }

  func makeStoreID() -> StoreID {
    guard let store = StoreID(random(StoreID.byteCount)) else {
      preconditionFailure("random gave another number of bytes")
    }
    return store
  }
}

/// One copy of an archive on one machine: a SQLite file with the log and the current state.
///
/// Log and state move in one transaction. The file's write lock is the archive's lock.
package final class Replica: Sendable {
  let database: ArchiveDatabase
  let environment: ReplicaEnvironment
  /// Where the file is, links resolved; a made-up name for a replica in memory.
  package let path: String
  /// What opening an older file did to it; `nil` where there was nothing to do.
  package let upgrade: SchemaUpgrade?
  let frontierMemory = FrontierMemory()
  let openingBudget = OpeningBudget()
  /// The write-ahead log that was found beside the file when it was opened, and was none of its own;
  /// `nil` where there was none.
  package let setAside: SetAsideWAL?

  private init(
    database: ArchiveDatabase,
    environment: ReplicaEnvironment,
    path: String,
    upgrade: SchemaUpgrade? = nil,
    setAside: SetAsideWAL? = nil
  ) {
    self.upgrade = upgrade
    self.setAside = setAside
    self.database = database
    self.environment = environment
    self.path = path
  }

  // MARK: - Making

  /// Makes a new archive.
  ///
  /// - `path`: of a file that is not there yet; `nil` for one in memory.
  /// Throws: ``ReplicaFailure``, `LogFailure` for a name that is none, GRDB's `DatabaseError`.
  package static func create(
    at path: String?,
    named name: String,
    environment: ReplicaEnvironment
  ) throws -> Replica {
    let genesis = try Genesis(
      creator: environment.identities.memberKey().publicKey,
      salt: environment.random(16),
      name: name
    )
    return try make(at: path, genesis: genesis, cloning: nil, environment: environment)
  }

  /// Makes an empty replica that a first copy goes into.
  ///
  /// - `address`: where the copy comes from.
  package static func createForCloning(
    at path: String?,
    from address: String,
    environment: ReplicaEnvironment
  ) throws -> Replica {
    try make(at: path, genesis: nil, cloning: address, environment: environment)
  }

  private static func make(
    at path: String?,
    genesis: Genesis?,
    cloning: String?,
    environment: ReplicaEnvironment
  ) throws -> Replica {
    if let path, FileManager.default.fileExists(atPath: path) { throw ReplicaFailure.exists(path) }
    let store = environment.makeStoreID()
    // The file gets its name only when it is whole.
    let draft = path.map { $0 + ".\(UUID().uuidString).new" }
    defer { if let draft { SQLiteFile.remove(draft) } }
    let database = try SQLiteFile.open(draft, lockTimeout: environment.lockTimeout)
    try database.write { db in
      try ReplicaSchema.makeup.create(db)
      try SQLiteLog(db).create(store: store, genesis: genesis)
      try db.execute(
        sql: "INSERT INTO replica (id, member_name, cloning) VALUES (1, ?, ?)",
        arguments: [environment.memberName, cloning]
      )
      try db.execute(sql: "PRAGMA application_id = \(ReplicaSchema.applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(ReplicaMigrations.all.version)")
    }
    guard let path, let draft else {
      let replica = Replica(
        database: database,
        environment: environment,
        path: "memory:\(store.bytes.hex)"
      )
      try replica.setMark()
      return replica
    }
    try SQLiteFile.closeWhole(database)
    return try place(draft, at: path, environment: environment)
  }

  /// Gives a whole and closed file its name and opens it.
  ///
  /// - Throws: ``ReplicaFailure``, GRDB's `DatabaseError`.
  static func place(
    _ draft: String,
    at path: String,
    environment: ReplicaEnvironment
  ) throws -> Replica {
    do {
      try NewFile.place(draft, at: path)
    } catch let error as POSIXError {
      throw error.code == .EEXIST
        ? ReplicaFailure.exists(path) : .fileSystem(path, error.code.rawValue)
    }
    let replica = try open(path, environment: environment)
    try replica.setMark()
    return replica
  }

  // MARK: - Opening

  /// Opens an archive file; one of an older version is brought up to date first, whoever opens it
  /// and whatever for.
  ///
  /// - Throws: ``ReplicaFailure``, GRDB's `DatabaseError`.
  package static func open(
    _ path: String,
    environment: ReplicaEnvironment,
    readOnly: Bool = false,
    migrations: SchemaMigrations = ReplicaMigrations.all
  ) throws -> Replica {
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileReplacement.isBrokenOff(at: path)
        ? ReplicaFailure.repairBrokenOff(path) : .missing(path)
    }
    guard try hasHeader(path, migrations) else { throw ReplicaFailure.notAnArchive(path) }
    var database = try connect(path, environment: environment, readOnly: readOnly, migrations)
    let setAside = database.setAside
    var upgrade: SchemaUpgrade?
    if try !migrations.isUpToDate(database) {
      try database.close()
      upgrade = try bringUpToDate(path, environment: environment, migrations)
      database = try connect(path, environment: environment, readOnly: readOnly, migrations)
    }
    return Replica(
      database: database,
      environment: environment,
      path: URL(filePath: path).resolvingSymlinksInPath().path,
      upgrade: upgrade,
      setAside: setAside
    )
  }

  private static func bringUpToDate(
    _ path: String,
    environment: ReplicaEnvironment,
    _ migrations: SchemaMigrations
  ) throws -> SchemaUpgrade? {
    let database = try connect(path, environment: environment, readOnly: false, migrations)
    defer { try? database.close() }
    return try migrations.bringUpToDate(database, at: path) { try rebuild($0) { _, _ in } }
  }

  /// A connection to a file that is no newer than this program.
  private static func connect(
    _ path: String,
    environment: ReplicaEnvironment,
    readOnly: Bool,
    _ migrations: SchemaMigrations
  ) throws -> ArchiveDatabase {
    try SQLiteFile.open(
      path,
      lockTimeout: environment.lockTimeout,
      readOnly: readOnly
    ) { db in
      try checkVersion(db, of: path, newest: migrations.version)
      // Made in a file's first transaction, so there is none without it.
      guard try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 > 0 else {
        throw ReplicaFailure.notAnArchive(path)
      }
    }
  }

  /// What the file's first bytes said may be older than its WAL.
  static func checkVersion(
    _ db: Database,
    of path: String,
    newest: Int = ReplicaMigrations.all.version
  ) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version <= newest else { throw ReplicaFailure.newer(path) }
  }

  /// Looks at the first 100 bytes of the file (SQLite file format, 1.3) before SQLite touches it:
  /// a file that is no archive, or a newer one, stays as it is.
  static func hasHeader(
    _ path: String,
    _ migrations: SchemaMigrations = ReplicaMigrations.all
  ) throws -> Bool {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return false
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ReplicaFailure.fileSystem(path, errno)
    }
    defer { try? handle.close() }
    let header = Array(try handle.read(upToCount: 100) ?? Data())
    guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      return false
    }
    func number(at offset: Int) -> Int {
      header[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 68) == ReplicaSchema.applicationID else { return false }
    guard number(at: 60) <= migrations.version else { throw ReplicaFailure.newer(path) }
    return true
  }

  package func close() throws { try database.close() }

  /// Removes the file of a replica that was closed, with SQLite's files beside it.
  package func remove() {
    SQLiteFile.remove(path)
  }

  /// The number of changes in the log.
  package func endPosition() throws -> UInt64 {
    try database.read { try SQLiteLog($0).end().position }
  }

  // MARK: - Identity

  /// The archive; `nil` in a replica that a first copy has not reached yet.
  package func genesis() throws -> Genesis? {
    try database.read { try SQLiteLog($0).genesis() }
  }

  package func storeID() throws -> StoreID {
    try database.read { try SQLiteLog($0).storeID() }
  }

  /// The address that an unfinished first copy comes from.
  package func cloningAddress() throws -> String? {
    try database.read { try String.fetchOne($0, sql: "SELECT cloning FROM replica") }
  }

  /// The first copy is whole.
  package func finishCloning() throws {
    try database.write { try $0.execute(sql: "UPDATE replica SET cloning = NULL") }
  }

  /// Recognises a file that was copied, cloned or restored behind our back, and gives it a new
  /// store id, and no lane: the next change begins a new one.
  ///
  /// Called under the write lock before anything is appended or said to a peer.
  func recogniseCopy(_ db: Database) throws {
    let log = SQLiteLog(db)
    let store = try log.storeID()
    let isShared = try Bool.fetchOne(db, sql: "SELECT is_shared FROM replica") ?? false
    if !isShared, let mark = try environment.identities.mark(of: store), mark.path == path,
      mark.machine == environment.identities.machine,
      let check = [UInt8](hex: mark.check),
      try log.holds(ChangeLog.Cursor(store: store, position: mark.position, check: check))
    {
      return
    }
    try log.renew(store: environment.makeStoreID())
    try db.execute(sql: "UPDATE replica SET lane = NULL, is_shared = 0")
  }

  /// Remembers outside of the file how far it is; on disk when the call returns.
  package func setMark() throws {
    try database.write { try setMark($0) }
  }

  /// Sets the mark, under the write lock and before the commit.
  ///
  /// So marks only grow, and an action whose mark cannot be written does not happen. A mark that is ahead because the commit failed costs a new
  /// lane; one that is behind could cost a sequence number used twice.
  func setMark(_ db: Database) throws {
    let log = SQLiteLog(db)
    let end = try log.end()
    let mark = Mark(
      machine: environment.identities.machine,
      path: path,
      position: end.position,
      check: end.check.hex
    )
    guard try environment.identities.mark(of: end.store) != mark else { return }
    try environment.identities.set(mark, of: end.store)
  }

  /// Ends the lane of this machine: its next change begins a new one, and its store gets another id
  /// before the next session (the peer of this one knows it by the present one).
  ///
  /// Done where somebody else has changes of this lane that are not here: the file and its mark were
  /// brought back together, or a copy of both writes too.
  func retireLane(_ db: Database) throws {
    try db.execute(sql: "UPDATE replica SET lane = NULL, is_shared = 1")
  }

  /// Ends the lane of this machine when a peer brought changes of it.
  func retireLane(_ db: Database, continuedBy admission: Gate.Admission) throws {
    guard let own = try Self.lane(db) else { return }
    let isContinued = zip(admission.changes, admission.isKnown).contains { $0.lane == own && !$1 }
    if isContinued || admission.branches.contains(where: { $0.root == own }) { try retireLane(db) }
  }

  static func lane(_ db: Database) throws -> LaneID? {
    try Data.fetchOne(db.cachedStatement(sql: "SELECT lane FROM replica")).flatMap { LaneID($0) }
  }

  /// Reads the database itself, for tools that look at a replica from outside.
  package func inspect<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try database.read(body)
  }

  // MARK: - Writing

  /// Carries out one action of the user: all its changes in one durable transaction.
  ///
  /// - `action`: an earlier call's action, for one that takes several transactions.
  /// Throws: what `body` throws, and then nothing was written.
  package func write<Result>(
    continuing action: ChangeID? = nil,
    _ body: (ReplicaWriter) throws -> Result
  ) throws -> Result {
    try database.write { db in
      try recogniseCopy(db)
      let writer = try ReplicaWriter(db, environment: environment, action: action)
      let result = try body(writer)
      try writer.finish()
      try Arrivals.note(environment.now(), db)
      try setMark(db)
      return result
    }
  }
}

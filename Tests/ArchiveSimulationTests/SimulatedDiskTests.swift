import ArchiveSimulation
import Foundation
import GRDB
import SyncSimulation
import Testing

@Suite struct SimulatedDiskTests {
  @Test func `what was committed with fsync survives a crash at any write`() throws {
    // Every crash point of the history, until the history ends without one.
    for operation in 1... {
      let history = try TestHistory(seed: UInt64(operation))
      defer { history.disk.discard() }
      history.disk.crash(atOperation: operation)
      let committed = try history.play(synchronous: "FULL")
      let isOver = !history.disk.isOff
      try history.powerCycle()
      let rows = try history.rows()
      // A commit whose fsync was cut off may be there all the same.
      #expect(rows == committed || rows == committed + 1, "crash at operation \(operation)")
      if isOver {
        #expect(operation > 100)
        return
      }
    }
  }

  @Test func `what was committed without fsync is lost by some crashes`() throws {
    var lossCount = 0
    for seed in UInt64(1)...40 {
      let history = try TestHistory(seed: seed)
      defer { history.disk.discard() }
      let committed = try history.play(synchronous: "OFF")
      history.disk.crash()
      // A file that is torn so that nothing can be read has lost everything.
      let rows = try? history.readableRows()
      if rows ?? 0 < committed { lossCount += 1 }
    }
    #expect(lossCount > 0)
  }

  @Test func `a dead connection changes nothing, not even when it is closed`() throws {
    let history = try TestHistory(seed: 1)
    defer { history.disk.discard() }
    let dead = try history.open()
    try dead.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER)") }
    history.disk.crash()
    let before = try history.contents()
    #expect(throws: DatabaseError.self) {
      try dead.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
    }
    try dead.close()
    #expect(try history.contents() == before)
    history.disk.restart()
    let living = try history.open()
    #expect(try living.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") } == 0)
  }

  @Test func `a full disk refuses the commit and keeps what was there`() throws {
    let history = try TestHistory(seed: 1)
    defer { history.disk.discard() }
    let database = try history.open()
    try database.write { try $0.execute(sql: "CREATE TABLE t (n BLOB)") }
    history.disk.setRoom(10_000)
    let error = #expect(throws: DatabaseError.self) {
      try database.write { try $0.execute(sql: "INSERT INTO t VALUES (zeroblob(100000))") }
    }
    #expect(error?.resultCode == .SQLITE_FULL)
    history.disk.setRoom(nil)
    try database.write { try $0.execute(sql: "INSERT INTO t VALUES (zeroblob(100000))") }
    #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") } == 1)
    #expect(history.disk.tally[.fullDisk] == 1)
  }

  @Test(arguments: [SimulatedDisk.Operation.write, .sync])
  func `one operation fails and the next succeeds`(operation: SimulatedDisk.Operation) throws {
    let history = try TestHistory(seed: 1)
    defer { history.disk.discard() }
    let database = try history.open()
    try database.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER)") }
    history.disk.fail(operation, number: 1)
    let error = #expect(throws: DatabaseError.self) {
      try database.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
    }
    #expect(error?.resultCode == .SQLITE_IOERR)
    try database.write { try $0.execute(sql: "INSERT INTO t VALUES (2)") }
    #expect(try database.read { try Int.fetchAll($0, sql: "SELECT n FROM t") } == [2])
    #expect(history.disk.tally[.diskError] == 1)
  }

  @Test func `files elsewhere are left alone`() throws {
    let history = try TestHistory(seed: 1)
    defer { history.disk.discard() }
    let elsewhere = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: elsewhere) }
    history.disk.crash()
    let database = try DatabaseQueue(path: elsewhere.path)
    try database.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER)") }
    try database.close()
    #expect(history.disk.operationCount == 0)
  }
}

/// Forty transactions on one file, with checkpoints in between.
private struct TestHistory {
  let disk: SimulatedDisk
  private let path: String

  init(seed: UInt64) throws {
    disk = try SimulatedDisk(
      folder: FileManager.default.temporaryDirectory.appending(path: "disk-\(UUID().uuidString)"),
      seed: seed
    )
    path = disk.path("file.db")
  }

  func open(synchronous: String = "FULL") throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      try db.execute(sql: "PRAGMA synchronous = \(synchronous)")
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 20")
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// - Returns: how many transactions were committed before the disk died.
  func play(synchronous: String) throws -> Int {
    var committed = 0
    do {
      let database = try open(synchronous: synchronous)
      defer { try? database.close() }
      try database.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER, bytes BLOB)") }
      for number in 0..<40 {
        try database.write {
          try $0.execute(sql: "INSERT INTO t VALUES (?, randomblob(3000))", arguments: [number])
        }
        committed += 1
      }
      if synchronous == "OFF" { disk.crash() }
    } catch is DatabaseError {
      precondition(disk.isOff, "nothing but the crash may fail")
    }
    return committed
  }

  func powerCycle() throws {
    disk.crash()
    disk.restart()
  }

  func readableRows() throws -> Int {
    try powerCycle()
    return try open().read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") ?? 0 }
  }

  func rows() throws -> Int {
    let database = try open()
    defer { try? database.close() }
    return try database.read { db in
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      guard try db.tableExists("t") else { return 0 }
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM t") ?? 0
    }
  }

  func contents() throws -> [Data] {
    try [path, path + "-wal"].map { try Data(contentsOf: URL(filePath: $0)) }
  }
}

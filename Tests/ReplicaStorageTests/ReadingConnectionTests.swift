import Foundation
import GRDB
import LogStorage
import SyncSimulation
import Testing

/// The second connection to an archive's file.
@Suite struct ReadingConnectionTests {
  private struct Failure: Error {}

  private let folder = TemporaryFolder()
  private var path: String { folder.url.appending(path: "a.stet").path }

  private func file() throws -> ArchiveDatabase {
    let file = try SQLiteFile.open(path, lockTimeout: 1)
    try file.write { db in
      try WALPairing.create(db)
      try db.execute(sql: "CREATE TABLE numbers (number INTEGER); INSERT INTO numbers VALUES (1)")
    }
    return file
  }

  private static func numbers(_ db: Database) throws -> [Int] {
    try Int.fetchAll(db, sql: "SELECT number FROM numbers ORDER BY number")
  }

  @Test func `it reads what a transaction found, not what it writes`() throws {
    let file = try file()
    for number in 2...4 {
      try file.write { db in
        let reader = try #require(try file.readingConnection(beside: db, lockTimeout: 1))
        let first = reader.begin(Self.numbers)
        try db.execute(sql: "INSERT INTO numbers VALUES (?)", arguments: [number])
        let second = reader.begin(Self.numbers)
        #expect(try first.value() == Array(1..<number))
        #expect(try second.value() == Array(1..<number))
        #expect(try second.value() == Array(1..<number))
        try reader.close()
      }
    }
    #expect(try file.read(Self.numbers) == [1, 2, 3, 4])
  }

  @Test func `it hands over what fails, and cannot write`() throws {
    let file = try file()
    try file.write { db in
      let reader = try #require(try file.readingConnection(beside: db, lockTimeout: 1))
      #expect(throws: Failure.self) { try reader.begin { _ in throw Failure() }.value() }
      #expect(throws: DatabaseError.self) {
        try reader.begin { try $0.execute(sql: "DELETE FROM numbers") }.value()
      }
      #expect(try reader.begin(Self.numbers).value() == [1])
      try reader.close()
    }
  }

  @Test func `a file that is not where it was opened, and one in memory, have none`() throws {
    func hasOne(_ database: ArchiveDatabase) throws -> Bool {
      try database.writeWithoutTransaction { db in
        let reader = try database.readingConnection(beside: db, lockTimeout: 1)
        try reader?.close()
        return reader != nil
      }
    }
    #expect(try !hasOne(SQLiteFile.open(nil, lockTimeout: 1)))
    let file = try file()
    #expect(try hasOne(file))
    try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
    #expect(try !hasOne(file))
    try FileManager.default.copyItem(atPath: path + ".old", toPath: path)
    #expect(try !hasOne(file))
  }

  @Test func `once it is closed, the log is folded into the file at the commit`() throws {
    let file = try file()
    try file.write { db in
      let reader = try #require(try file.readingConnection(beside: db, lockTimeout: 1))
      _ = try reader.begin(Self.numbers).value()
      try db.execute(sql: "INSERT INTO numbers VALUES (2)")
      try reader.close()
    }
    try file.writeWithoutTransaction { db in
      let checkpoint = try db.checkpoint(.full)
      #expect(checkpoint.walFrameCount == checkpoint.checkpointedFrameCount)
    }
  }
}

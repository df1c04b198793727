import Foundation
import GRDB
import LogStorage
import Synchronization
import SyncSimulation
import Testing

/// Every thing that one does with an archive, done with damaged files.
@Suite struct DamagedUseTests {
  /// SQLite reads values that a table's constraints forbid without a word, and a flipped bit in a row's
  /// header makes such.
  private static let values = ["NULL", "'x'", "x'00'", "-1", "9223372036854775807"]

  /// `STET_EVERY_VALUE` has every column take every value, and not one of them in turn.
  @Test func `no value in a row ends the process, and who meets one says that the file is damaged`()
    async throws
  {
    let fixture = try FileFixture()
    let columns = try fixture.withFile(of: fixture.bytes) { try TableColumn.all(in: $0) }
    #expect(columns.count > 100)
    let isEvery = ProcessInfo.processInfo.environment["STET_EVERY_VALUE"] != nil
    let cases = columns.enumerated().flatMap { number, column in
      let values = isEvery ? Self.values : [Self.values[number % Self.values.count]]
      return values.map { (column, $0) }
    }
    let refusals = try await sum(cases) { column, value in
      try fixture.withFile(of: fixture.bytes) { path in
        guard try column.set(to: value, in: path) else { return 0 }
        return ArchiveUse.refusals(of: path, fixture, "\(value) in \(column)")
      }
    }
    print("\(cases.count) damaged columns, \(refusals) refusals")
    #expect(refusals > cases.count)
  }

  /// `STET_FLIPS` says how many bits.
  @Test func `no flipped bit ends the process`() async throws {
    let fixture = try FileFixture()
    let count = ProcessInfo.processInfo.environment["STET_FLIPS"].flatMap(Int.init) ?? 60
    var random = SeededRandom(seed: 2)
    let bits = (0..<count).map { _ in Int.random(in: 0..<(8 * fixture.bytes.count), using: &random)
    }
    let refusals = try await sum(bits) { bit in
      var bytes = fixture.bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      return try fixture.withFile(of: bytes) { path in
        ArchiveUse.refusals(of: path, fixture, "bit \(bit % 8) of byte \(bit / 8)")
      }
    }
    print("\(count) flipped bits, \(refusals) refusals")
  }

  /// Adds up what the cases come to, on two cores.
  private func sum<Case: Sendable>(
    _ cases: [Case],
    _ count: @escaping @Sendable (Case) throws -> Int
  ) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for part in 0..<2 {
        group.addTask {
          try stride(from: part, to: cases.count, by: 2).reduce(0) { try $0 + count(cases[$1]) }
        }
      }
      return try await group.reduce(0, +)
    }
  }
}

/// A column of a table of ours.
private struct TableColumn: Sendable, CustomStringConvertible {
  let table: String
  let name: String

  var description: String { "\(table).\(name)" }

  /// All but those of the full-text index, whose tables FTS5 reads itself.
  static func all(in path: String) throws -> [TableColumn] {
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    return try database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT tables.name, columns.name FROM sqlite_schema AS tables,
            pragma_table_info(tables.name) AS columns
          WHERE tables.type = 'table' AND tables.name NOT LIKE 'search%'
            AND tables.name NOT LIKE 'sqlite%'
          ORDER BY tables.name, columns.cid
          """
      ).map { TableColumn(table: $0[0], name: $0[1]) }
    }
  }

  /// Gives the column a value in a third of its rows, or in its only one.
  ///
  /// - Returns: whether a row could take it: a row's number cannot be a text.
  func set(to value: String, in path: String) throws -> Bool {
    let schema = try change(path) { db -> [(String, String)] in
      let schema = try Row.fetchAll(
        db,
        sql: "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL"
      )
      try db.execute(
        sql: """
          UPDATE sqlite_schema SET sql = replace(replace(replace(sql, 'NOT NULL', ''), 'STRICT,', ''),
            'STRICT', '') WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
          """
      )
      return schema.map { ($0[0], $0[1]) }
    }
    let isSet = try change(path) { db in
      let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
      try? db.execute(
        sql: """
          UPDATE OR IGNORE \(table) SET \(name) = \(value)
          WHERE \(count < 3 ? "true" : "is_third()")
          """
      )
      return db.changesCount > 0
    }
    try change(path) { db in
      for (name, sql) in schema {
        try db.execute(
          sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?",
          arguments: [sql, name]
        )
      }
    }
    return isSet
  }

  /// Each time with a connection of its own, which reads the schema anew.
  private func change<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result
  {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase {
      let rowNumber = Mutex(0)
      $0.add(
        function: DatabaseFunction("is_third", argumentCount: 0) { _ in
          rowNumber.withLock { number in
            number += 1
            return number % 3 == 0
          }
        }
      )
      try $0.execute(
        sql: """
          PRAGMA trusted_schema = 1; PRAGMA writable_schema = 1; PRAGMA ignore_check_constraints = 1
          """
      )
    }
    let database = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? database.close() }
    return try database.write(body)
  }
}

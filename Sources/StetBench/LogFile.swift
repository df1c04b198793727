import ChangeLog
import Foundation
import GRDB
import LogStorage

/// An archive's file, looked into beside the program that has it open.
struct LogFile {
  let url: URL

  func genesis() throws -> Genesis {
    guard let genesis = try read({ try SQLiteLog($0).genesis() }) else {
      throw BenchFailure("\(url.lastPathComponent) belongs to no archive yet")
    }
    return genesis
  }

  /// Where the log ends, and the heads of its lanes there.
  func end() throws -> (cursor: ChangeLog.Cursor, frontier: Frontier) {
    try read { (try SQLiteLog($0).end(), try SQLiteLog($0).frontier()) }
  }

  /// A number that SQL asks for; 0 for none.
  func number(_ sql: String) throws -> Double {
    try read { try Double.fetchOne($0, sql: sql) ?? 0 }
  }

  func text(_ sql: String) throws -> String? { try read { try String.fetchOne($0, sql: sql) } }

  private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    var configuration = Configuration()
    configuration.readonly = true
    let database = try DatabaseQueue(path: url.path, configuration: configuration)
    defer { try? database.close() }
    return try database.read(body)
  }
}

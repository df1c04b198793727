import GRDB

/// Holds an archive's lock from another connection, as another process would.
final class WriteLock {
  private let database: DatabaseQueue

  init(file: String) throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    database = try DatabaseQueue(path: file, configuration: configuration)
    try database.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
  }

  func release() throws {
    try database.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try database.close()
  }
}

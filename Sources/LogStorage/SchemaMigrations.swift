internal import Foundation
package import GRDB

/// One step from a version of a file's tables to the next.
///
/// Never edited after a release: a file that went through it must not differ from one that goes
/// through it later.
package struct SchemaMigration: Sendable {
  /// Whether what is derived from the log is made anew afterwards.
  package enum State: Sendable {
    case stays
    case isMadeAnew
  }

  package let state: State
  /// Changes the tables, inside the transaction that all steps share.
  package let apply: @Sendable (Database) throws -> Void

  package init(state: State, apply: @escaping @Sendable (Database) throws -> Void) {
    self.state = state
    self.apply = apply
  }
}

/// The way from the first version of a file's tables to the one of this program.
package struct SchemaMigrations: Sendable {
  /// Step *n* leads from version *n* to *n* + 1, counted from 1.
  private let steps: [SchemaMigration]

  package init(_ steps: [SchemaMigration]) { self.steps = steps }

  /// These steps and more behind them.
  package func adding(_ more: [SchemaMigration]) -> SchemaMigrations {
    SchemaMigrations(steps + more)
  }

  /// The version of the tables that this program writes, in `user_version`.
  package var version: Int { 1 + steps.count }

  /// Brings a file up to date where it is older, after a copy of it was made beside it.
  ///
  /// All under the write lock, in one transaction: another process that comes meanwhile waits, and
  /// finds the work done. An error leaves the file as it was, without a copy.
  ///
  /// - `database`: the connection to the file at `path`, of no newer version.
  /// - `rebuild`: makes anew what is derived from the log.
  /// Returns: what was done; `nil` for a file that is up to date.
  /// Throws: GRDB's `DatabaseError`, ``StorageFailure``, and what the steps throw.
  package func bringUpToDate(
    _ database: ArchiveDatabase,
    at path: String,
    rebuild: (Database) throws -> Void = { _ in }
  ) throws -> SchemaUpgrade? {
    guard try !isUpToDate(database) else { return nil }
    return try database.writeWithoutTransaction { db in
      var copy: SchemaCopy?
      do {
        var upgrade: SchemaUpgrade?
        try db.inTransaction(.immediate) {
          let version = try Self.version(of: db)
          guard version < self.version else { return .commit }
          let made = try SchemaCopy(of: path, before: self.version)
          copy = made
          try migrate(db, from: version, rebuild: rebuild)
          upgrade = SchemaUpgrade(from: version, to: self.version, copy: made.path)
          return .commit
        }
        return upgrade
      } catch {
        copy?.remove()
        throw error
      }
    }
  }

  /// Whether a file, of no newer version, is of this one.
  package func isUpToDate(_ database: ArchiveDatabase) throws -> Bool {
    try database.read(Self.version(of:)) >= version
  }

  private func migrate(
    _ db: Database,
    from version: Int,
    rebuild: (Database) throws -> Void
  ) throws {
    let missing = steps[(version - 1)...]
    for step in missing { try step.apply(db) }
    if missing.contains(where: { $0.state == .isMadeAnew }) { try rebuild(db) }
    try db.execute(sql: "PRAGMA user_version = \(self.version)")
    try WALPairing.renew(db)
  }

  private static func version(of db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }
}

/// A file was brought up to date.
package struct SchemaUpgrade: Hashable, Sendable {
  package let from: Int
  package let to: Int
  /// The file as it was before.
  package let copy: String
}

extension SchemaUpgrade: CustomStringConvertible {
  package var description: String {
    "the file was brought up from version \(from) to \(to), which an older stet cannot read; "
      + "as it was, it is in \(copy)"
  }
}

/// A whole copy of a database, made page by page from what is committed.
private struct SchemaCopy {
  let path: String

  /// Makes it as `PATH.before-vN`, or with a number behind that where such a file is there.
  ///
  /// - Throws: GRDB's `DatabaseError`, ``StorageFailure``.
  init(of original: String, before version: Int) throws {
    // One name, so that what a kill has left goes here; who migrates holds the lock of the original.
    let draft = original + ".copying"
    SQLiteFile.remove(draft)
    defer { SQLiteFile.remove(draft) }
    try Self.copy(original, to: draft)
    path = try Self.place(draft, at: original + ".before-v\(version)")
  }

  func remove() { unlink(path) }

  private static func copy(_ original: String, to draft: String) throws {
    // A connection of its own reads what was committed last, while the other holds the lock.
    var configuration = Configuration()
    configuration.readonly = true
    let source = try DatabaseQueue(path: original, configuration: configuration)
    defer { try? source.close() }
    let target = try DatabaseQueue(path: draft)
    do {
      try source.backup(to: target)
      try target.close()
    } catch {
      try? target.close()
      throw error
    }
    try synchronize(draft)
  }

  /// Gives the draft a name that no file has, and makes it durable.
  private static func place(_ draft: String, at path: String) throws -> String {
    var number = 1
    while true {
      let name = number == 1 ? path : "\(path)-\(number)"
      if link(draft, name) == 0 {
        try synchronize(URL(filePath: name).deletingLastPathComponent().path)
        return name
      }
      guard errno == EEXIST else { throw failure }
      number += 1
    }
  }

  private static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure }
  }

  /// Why the last call to the system failed.
  private static var failure: StorageFailure {
    errno == ENOSPC
      ? .full : .other("no copy of it could be made: \(String(cString: strerror(errno)))")
  }
}

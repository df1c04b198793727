internal import Foundation
internal import GRDB
internal import HubStorage
package import LogStorage

extension SQLiteHubStorage {
  /// Verifies an archive's file without writing to it, also while a hub serves it; only a write-ahead
  /// log that does not belong to it is set aside.
  ///
  /// - `progress`: called with the position reached, of how many.
  /// Throws: `HubStorageFailure` when there is no archive to verify, GRDB's `DatabaseError` for what
  /// has nothing to do with the file's bytes.
  package func verify(
    _ name: String,
    _ depth: VerificationDepth,
    progress: @escaping (UInt64, UInt64) -> Void = { _, _ in }
  ) throws -> VerificationReport {
    let path = try existingFile(of: name).path
    let found = DamageList()
    var setAside: SetAsideWAL?
    try FileVerification.verifyHeader(of: path, found)
    let changeCount = try found.check(.file, .file) {
      let database = try SQLiteFile.open(path, lockTimeout: lockTimeout, readOnly: true) {
        try SQLiteHubArchive.checkVersion($0, of: name)
      }
      defer { try? database.close() }
      setAside = database.setAside
      return try database.read { db in
        try FileVerification(db, SQLiteHubArchive.makeup, found).run(depth)
        let log = LogVerification(db, found, progress: progress)
        switch depth {
        case .quick: return try log.runQuick()
        case .full:
          let scratch = try SQLiteFile.scratch()
          defer { try? scratch.close() }
          return try scratch.write { model in
            try SQLiteHubArchive.makeup.create(model)
            return try log.run(into: model) { _, _ in }.changeCount
          }
        }
      }
    }
    return VerificationReport(
      damages: found.damages,
      changeCount: changeCount ?? 0,
      setAside: setAside
    )
  }
}

extension SQLiteHubArchive {
  /// What a whole file is made of.
  static let makeup = FileMakeup(
    applicationID: 0,
    version: HubMigrations.all.version,
    local: LogSchema.local,
    derived: [],
    create: LogSchema.create
  )
}

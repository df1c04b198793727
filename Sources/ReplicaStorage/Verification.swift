internal import ChangeLog
internal import Foundation
internal import GRDB
package import LogStorage

extension Replica {
  /// Verifies an archive's file without writing to it; only a write-ahead log that does not belong to it
  /// is set aside.
  ///
  /// In full, the log goes through the gate once more, into a database of its own that moves to the
  /// disk as it grows, and everything derived is compared with what comes of it there.
  /// - `progress`: called with the position reached, of how many.
  /// Throws: ``ReplicaFailure`` when there is no archive to verify, GRDB's `DatabaseError` for what has nothing
  /// to do with the file's bytes.
  package static func verify(
    _ path: String,
    _ depth: VerificationDepth,
    lockTimeout: Double,
    progress: @escaping (UInt64, UInt64) -> Void = { _, _ in }
  ) throws -> VerificationReport {
    guard FileManager.default.fileExists(atPath: path) else { throw ReplicaFailure.missing(path) }
    guard try hasHeader(path) else { throw ReplicaFailure.notAnArchive(path) }
    let found = DamageList()
    var setAside: SetAsideWAL?
    try FileVerification.verifyHeader(of: path, found)
    let changeCount = try found.check(.file, .file) {
      let database = try SQLiteFile.open(path, lockTimeout: lockTimeout, readOnly: true) {
        try checkVersion($0, of: path)
      }
      defer { try? database.close() }
      setAside = database.setAside
      return try database.read { db in
        try FileVerification(db, ReplicaSchema.makeup, found).run(depth)
        let log = LogVerification(db, found, progress: progress)
        switch depth {
        case .quick: return try log.runQuick()
        case .full: return try verifyDerived(db, log, found)
        }
      }
    }
    return VerificationReport(
      damages: found.damages,
      changeCount: changeCount ?? 0,
      setAside: setAside
    )
  }

  /// Verifies log and state.
  ///
  /// - Returns: the number of changes.
  private static func verifyDerived(
    _ file: Database,
    _ log: LogVerification,
    _ found: DamageList
  ) throws -> UInt64 {
    let scratch = try SQLiteFile.scratch()
    defer { try? scratch.close() }
    return try scratch.write { model in
      try ReplicaSchema.makeup.create(model)
      let state = StateWriter(model)
      let (changeCount, isWhole, isSplit) =
        try log.run(into: model) { try state.apply($0, at: $1) }
      // What a part of the log gives says nothing about a state that came of all of it.
      guard isWhole else { return changeCount }
      if isSplit { try rebuildState(of: model, from: file) } else { try state.finish() }
      try StateVerification(file, model, found).run()
      try SearchVerification(file, model, found).run()
      return changeCount
    }
  }
}

/// Compares the current state in a file with the one that the log gives.
private struct StateVerification {
  private let file: Database
  private let model: Database
  private let found: DamageList

  init(_ file: Database, _ model: Database, _ found: DamageList) {
    self.file = file
    self.model = model
    self.found = found
  }

  func run() throws {
    for table in ReplicaSchema.derived where !Digests.tables.contains(table) {
      _ = try found.check(.state, .table(table)) {
        let comparison = try TableComparison(table, model: model)
        if let key = try comparison.firstDifference(file, model) {
          found.add(Damage(.state, .row(table, key: key), "it is not what the log gives"))
        }
      }
    }
    try verifyDigests()
  }

  /// Digests are filled in when somebody asks: one that is not there yet is right too.
  private func verifyDigests() throws {
    try Replica.fillDigests(model)
    _ = try found.check(.state, .table("digest_buckets")) {
      let sql = "SELECT bucket, digest FROM digest_buckets ORDER BY bucket"
      let buckets = try Row.fetchAll(file, sql: sql).map { Array($0.databaseValues) }
      let expected = try Row.fetchAll(model, sql: sql).map { Array($0.databaseValues) }
      let isRight =
        buckets.count == expected.count
        && zip(buckets, expected).allSatisfy { $0[0] == $1[0] && ($0[1].isNull || $0[1] == $1[1]) }
      if !isRight {
        found.add(Damage(.state, .table("digest_buckets"), "it is not what the log gives"))
      }
    }
    _ = try found.check(.state, .table("object_digests")) {
      let kept = try Row.fetchCursor(
        file,
        sql: "SELECT object, type, digest FROM object_digests"
      )
      let expected = try model.cachedStatement(
        sql: "SELECT digest FROM object_digests WHERE object = ? AND type = ?"
      )
      while let row = try kept.next() {
        // Values as they lie there: a damaged row may hold anything.
        let (object, type) = (row[0] as DatabaseValue, row[1] as DatabaseValue)
        let digest = try DatabaseValue.fetchOne(expected, arguments: [object, type])
        guard digest != row[2] as DatabaseValue else { continue }
        let key = Data.fromDatabaseValue(object)?.hex ?? "\(object)"
        found.add(Damage(.state, .row("object_digests", key: key), "it is not what the log gives"))
        return
      }
    }
  }
}

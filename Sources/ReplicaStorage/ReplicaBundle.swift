internal import ArchiveModel
package import ChangeLog
internal import GRDB
package import LogStorage
internal import SyncProtocol

/// What is done with a bundle's packs, one phase after the other.
package enum BundlePhase: Sendable {
  case verifying
  case applying
}

/// What applying a bundle came to.
package struct BundleOutcome: Sendable {
  /// Changes that were not there before.
  package let newChangeCount: Int
  /// Changes that had waited, and came into the log now.
  package let admittedHeldCount: Int
  /// Forks that came to light.
  package let forks: [Fork]
  /// Whether this replica now holds what the one held that made the bundle, and nothing else.
  package let isEqual: Bool
}

extension Replica {
  /// Writes a bundle of this replica's log.
  ///
  /// - `path`: of a file that is not there yet, or `-` for standard output.
  /// - `progress`: as of `BundleWriter`.
  /// Throws: `BundleFailure`, GRDB's `DatabaseError`.
  package func writeBundle(
    to path: String,
    from beginning: BundleBeginning = .log,
    progress: (UInt64, UInt64) throws -> Void = { _, _ in }
  ) throws -> BundleHead {
    // A copy of another replica's file must not give out that one's cursors.
    try prepareToSync()
    let time = environment.now()
    return try database.read { db in
      try BundleWriter(path).write(db, from: beginning, time: time, progress: progress)
    }
  }

  /// Looks through a bundle for what applying it would meet, and writes nothing.
  ///
  /// - Throws: `BundleFailure` where the bundle is damaged or of another archive.
  package func survey(
    _ bundle: BundleReader,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (survey: BundleSurvey, missing: [MissingChanges]) {
    try database.read { db in
      let survey = try bundle.survey(against: db, progress: progress)
      return (survey, try survey.missing())
    }
  }

  /// Applies a bundle: as a whole, or, where it is damaged or builds on what is not here, not at all.
  ///
  /// Applying it again is harmless; broken off, it goes on where it broke.
  ///
  /// - `progress`: told how many packs a phase is done with, of how many.
  /// Throws: `BundleFailure`, ``ReplicaFailure``, GRDB's `DatabaseError`.
  package func apply(
    _ bundle: BundleReader,
    progress: (BundlePhase, Int, Int) -> Void = { _, _, _ in }
  ) throws -> BundleOutcome {
    try prepareToSync()
    let (survey, missing) = try survey(bundle) { progress(.verifying, $0, $1) }
    try witness(survey)
    guard missing.isEmpty else { throw BundleFailure.gap(bundle.name, missing) }
    let knownForks = Set(try forks())
    let (own, known) = try database.read { db in
      let log = SQLiteLog(db)
      return (try log.storeID(), try log.known(of: bundle.head.end.store))
    }
    let newChangeCount = try bundle.apply(to: self, own: own, knowing: known) {
      progress(.applying, $0, $1)
    }
    try setMark()
    return BundleOutcome(
      newChangeCount: newChangeCount,
      admittedHeldCount: try retryHeld(),
      forks: try forks().filter { !knownForks.contains($0) },
      isEqual: try frontier().digest == bundle.head.frontier
    )
  }

  /// Learns from a bundle that this machine's own lane goes further elsewhere: that the file was brought
  /// back to an earlier time, and must not go on writing the lane.
  private func witness(_ survey: BundleSurvey) throws {
    guard let lane = try database.read({ try Self.lane($0) }),
      let head = survey.prerequisites[lane]
    else { return }
    let isHere = try database.read {
      try SQLiteLog($0).hash(of: ChangeID(lane: lane, seq: head.seq))?.prefix == head.hashPrefix
    }
    if !isHere { try witness(head, of: lane) }
  }

  // MARK: - Where a bundle begins

  /// Behind a place of this replica's log.
  ///
  /// - Throws: `BundleFailure.unknownCursor` for one of another log.
  package func bundleBeginning(at cursor: ChangeLog.Cursor) throws -> BundleBeginning {
    try prepareToSync()
    guard try database.read({ try SQLiteLog($0).holds(cursor) }) else {
      throw BundleFailure.unknownCursor
    }
    return BundleBeginning(position: cursor.position)
  }

  /// Behind what a remote is known to have.
  package func bundleBeginning(after remote: Remote) throws -> BundleBeginning {
    BundleBeginning(position: remote.sent, omitted: remote.store)
  }
}

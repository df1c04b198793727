package import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
package import LogStorage
internal import SyncProtocol

/// A repair: a new archive file made of what a damaged one still has and of what others have.
///
/// The damaged file is only read, and in the end kept under another name. The new file has a new
/// store id, and its log what passes the gate; the rest waits in `held`.
///
/// The order of the calls: ``takeSalvage()``, then ``fetch(from:)`` or a sync of ``replica``, then
/// ``finish()``. ``abandon()`` instead leaves everything as it was.
package final class Repair {
  /// The new archive, a draft beside the damaged file until the repair is finished.
  package let replica: Replica
  /// Remotes whose rows could be read in the damaged file.
  package let remoteCount: Int
  private let path: String
  private let salvage: PageSalvage
  private let replacement: FileReplacement
  private var former: FormerLog
  private let source: StoreID
  private var intake: SalvageIntake
  private var hasRead = false

  /// Reads a damaged file, and begins a new one beside it.
  ///
  /// - Throws: ``ReplicaFailure``, `StorageFailure`, GRDB's `DatabaseError`.
  package init(of path: String, environment: ReplicaEnvironment) throws {
    let path = URL(filePath: path).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: path) else { throw ReplicaFailure.missing(path) }
    replacement = try FileReplacement(of: path)
    guard let salvage = PageSalvage.scan(path, for: LocalRows.shapes) else {
      throw ReplicaFailure.fileSystem(path, errno)
    }
    self.path = path
    self.salvage = salvage
    let local = LocalRows(salvage.rows)
    let mark = try Self.mark(of: salvage.logs.map(\.store), at: path, environment)
    former = FormerLog(claims: salvage.lanes, end: mark?.mark.position)
    source = mark?.store ?? salvage.logs.first?.store ?? environment.makeStoreID()
    let draft = replacement.makeDraftPath(path + ".repairing")
    replica = try Replica.createForCloning(
      at: draft,
      from: path,
      environment: local.memberName.map(environment.named) ?? environment
    )
    intake = SalvageIntake(into: replica, from: source)
    for remote in local.remotes {
      try replica.addRemote(named: remote.name, address: remote.address)
    }
    remoteCount = local.remotes.count
    if let genesis = salvage.genesis { try replica.adopt(genesis) }
  }

  /// The mark of the newest store that was at this path.
  private static func mark(
    of stores: [StoreID],
    at path: String,
    _ environment: ReplicaEnvironment
  ) throws -> (store: StoreID, mark: Mark)? {
    try stores.compactMap { store in
      try environment.identities.mark(of: store).map { (store: store, mark: $0) }
    }.filter { $0.mark.path == path }.max { $0.mark.position < $1.mark.position }
  }

  // MARK: - Filling the new log

  /// Takes what the damaged file still has: all of it the first time, later what has been refused
  /// so far.
  ///
  /// Does nothing while it is not known which archive this is.
  /// - Throws: GRDB's `DatabaseError`.
  package func takeSalvage() throws {
    guard try replica.genesis() != nil else { return }
    if hasRead { return try intake.retry() }
    hasRead = true
    try intake.take(salvage) { former.take($0) }
  }

  /// Takes what another archive file has: another replica's, a hub's, or a backup of one.
  ///
  /// - Throws: ``ReplicaFailure`` when nothing in it belongs to the archive.
  package func fetch(from file: String) throws {
    guard FileManager.default.fileExists(atPath: file) else { throw ReplicaFailure.missing(file) }
    guard !replacement.isAbout(file) else {
      throw ReplicaFailure.unacceptable("\(file) is the damaged file itself: name another one")
    }
    guard let other = PageSalvage.scan(file) else { throw ReplicaFailure.fileSystem(file, errno) }
    if try replica.genesis() == nil {
      guard let genesis = other.genesis else { throw ReplicaFailure.notAnArchive(file) }
      try replica.adopt(genesis)
    }
    var others = SalvageIntake(into: replica, from: source)
    guard try others.takeOther(other) else {
      throw ReplicaFailure.unacceptable(
        "\(file) has nothing of this archive: name another file or a remote with --from"
      )
    }
    // What it builds on may be in the damaged file.
    try takeSalvage()
    try others.retry()
  }

  /// Takes what a bundle has, also where it builds on something that is not there.
  ///
  /// - Throws: `BundleFailure` when it is damaged or of another archive.
  package func fetch(from bundle: BundleReader) throws {
    _ = try replica.survey(bundle)
    try replica.adopt(bundle.head.genesis)
    var others = SalvageIntake(into: replica, from: source)
    try others.take(bundle)
    // What it builds on may be in the damaged file.
    try takeSalvage()
    try others.retry()
  }

  // MARK: - The end

  /// Sets aside what the gate has not let in, and puts the new file in the damaged one's place.
  ///
  /// - Throws: ``ReplicaFailure`` when nothing could be made of the file, `StorageFailure.locked` when
  ///   somebody wrote to it meanwhile; everything is then as it was.
  package func finish() throws -> RepairReport {
    guard try replica.endPosition() > 0 || !intake.refused.isEmpty else {
      throw ReplicaFailure.beyondRepair(path)
    }
    for refused in intake.refused { try replica.hold(refused, from: source) }
    let held = try replica.heldPacks()
    let losses = try replica.inspect {
      try former.losses(in: SQLiteLog($0), held: held.flatMap(\.spans))
    }
    let lost = try losses.named.map {
      LostChanges(lane: $0.lane, seqs: $0.seqs, isOwn: try replica.isOwn($0.lane))
    }
    let changeCount = Int(clamping: try replica.endPosition())
    try replica.finishCloning()
    let environment = replica.environment
    let draft = replica.path
    try replica.checkpoint()
    try replica.close()
    let kept = try replacement.replace(with: draft)
    try Self.settle(at: path, environment: environment)
    return RepairReport(
      changeCount: changeCount,
      salvagedCount: intake.admittedCount,
      held: held,
      lost: lost.filter(\.isOwn) + lost.filter { !$0.isOwn },
      unnamedLossCount: losses.unnamedCount,
      remoteCount: remoteCount,
      keptPath: kept
    )
  }

  /// Sets the mark of a repaired file in its place, so that it does not count as a copy.
  private static func settle(at path: String, environment: ReplicaEnvironment) throws {
    let repaired = try Replica.open(path, environment: environment)
    try repaired.setMark()
    try repaired.close()
  }

  /// Leaves the damaged file as it was, and no other.
  package func abandon() {
    try? replica.close()
    replica.remove()
  }

  /// Ends a repair that was killed just before its end.
  ///
  /// - Returns: whether there was one.
  package static func finishBrokenOff(
    at path: String,
    environment: ReplicaEnvironment
  ) throws -> Bool {
    guard FileReplacement.isBrokenOff(at: path) else { return false }
    try FileReplacement(of: path).finish()
    try settle(at: path, environment: environment)
    return true
  }
}

/// Changes of one lane that a damaged file had and that are nowhere any more.
package struct LostChanges: Hashable, Sendable {
  package let lane: LaneID
  package let seqs: ClosedRange<UInt64>
  /// Whether this machine wrote them.
  package let isOwn: Bool

  package init(lane: LaneID, seqs: ClosedRange<UInt64>, isOwn: Bool) {
    self.lane = lane
    self.seqs = seqs
    self.isOwn = isOwn
  }
}

/// What a repair came to.
package struct RepairReport: Sendable {
  /// Changes in the repaired log.
  package let changeCount: Int
  /// Those of them that came out of the damaged file.
  package let salvagedCount: Int
  package let held: [HeldPack]
  package let lost: [LostChanges]
  /// Changes on damaged pages of which nothing tells whose they were; some may be there again.
  package let unnamedLossCount: Int
  package let remoteCount: Int
  /// Where the damaged file is.
  package let keptPath: String

  package var isComplete: Bool { held.isEmpty && lost.isEmpty && unnamedLossCount == 0 }
}

/// Rows of a replica's own tables in a damaged file.
private struct LocalRows {
  /// `replica` and `remotes`.
  static let shapes = [
    RecordShape([.key, .optional(.blob(byteCount: LaneID.byteCount)), .text, .optional(.text)]),
    RecordShape([
      .text, .text, .optional(.blob(byteCount: StoreID.byteCount)), .integer, .optional(.integer),
      .optional(.integer),
    ]),
  ]

  var memberName: String?
  var remotes: [(name: String, address: String)] = []

  init(_ rows: [[[SalvagedValue]]]) {
    for row in rows[0] {
      if case .text(let name) = row[2] { memberName = String(validating: name, as: UTF8.self) }
    }
    for row in rows[1] {
      guard case .text(let nameBytes) = row[0], case .text(let addressBytes) = row[1],
        let name = String(validating: nameBytes, as: UTF8.self),
        let address = String(validating: addressBytes, as: UTF8.self),
        address.contains("://"), !remotes.contains(where: { $0.name == name })
      else { continue }
      remotes.append((name: name, address: address))
    }
  }
}

extension ReplicaEnvironment {
  fileprivate func named(_ memberName: String) -> ReplicaEnvironment {
    ReplicaEnvironment(
      identities: identities,
      memberName: memberName,
      lockTimeout: lockTimeout,
      now: now,
      random: random
    )
  }
}

extension Replica {
  /// Moves everything into the main file, so that it can go elsewhere alone.
  fileprivate func checkpoint() throws {
    try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
  }
}

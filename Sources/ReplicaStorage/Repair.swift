internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage
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
  private var former: FormerLog
  private let source: StoreID
  private let stamp: FileStamp
  /// Packs that the gate has refused so far, each with the reason.
  private var leftOver: [(pack: PageSalvage.SalvagedPack, reason: String)] = []
  private var salvagedCount = 0
  private var hasRead = false
  private static let transactionByteLimit = 8 << 20

  /// Reads a damaged file, and begins a new one beside it.
  ///
  /// - Throws: ``ReplicaFailure``, GRDB's `DatabaseError`.
  package init(of path: String, environment: ReplicaEnvironment) throws {
    let path = URL(filePath: path).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: path) else { throw ReplicaFailure.missing(path) }
    stamp = FileStamp(path)
    guard let salvage = PageSalvage.scan(path, for: LocalRows.shapes) else {
      throw ReplicaFailure.fileSystem(path, errno)
    }
    self.path = path
    self.salvage = salvage
    let local = LocalRows(salvage.rows)
    let mark = try Self.mark(of: salvage.logs.map(\.store), at: path, environment)
    former = FormerLog(claims: salvage.lanes, end: mark?.mark.position)
    source = mark?.store ?? salvage.logs.first?.store ?? environment.makeStoreID()
    var name = environment
    if let memberName = local.memberName { name = environment.named(memberName) }
    let draft = "\(path).repair-\(environment.random(4).hex)"
    replica = try Replica.createForCloning(at: draft, from: path, environment: name)
    for remote in local.remotes {
      try replica.addRemote(named: remote.name, address: remote.address)
    }
    remoteCount = local.remotes.count
    if let genesis = genesis(among: salvage) { try replica.adopt(genesis) }
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

  private func genesis(among file: PageSalvage) -> Genesis? {
    var search = GenesisSalvage()
    file.forEachPack { found, _ in search.take(found.pack) }
    return search.genesis(among: Set(file.logs.map(\.genesis)))
  }

  // MARK: - Filling the new log

  /// Takes what the damaged file still has: all of it the first time, later what has been refused
  /// so far.
  ///
  /// Does nothing while it is not known which archive this is.
  /// - Throws: GRDB's `DatabaseError`.
  package func takeSalvage() throws {
    guard try replica.genesis() != nil else { return }
    if !hasRead {
      hasRead = true
      let (count, refused) = try take(salvage) { former.take($0) }
      salvagedCount += count
      leftOver = refused
    }
    var hasPassed = true
    while hasPassed {
      hasPassed = false
      for (pack, _) in exchange(&leftOver, with: []) {
        switch try replica.offer(pack.bytes, from: source) {
        case .admitted(let count):
          salvagedCount += count
          hasPassed = true
        case .refused(let reason): leftOver.append((pack, reason))
        }
      }
    }
  }

  /// Takes what another archive file has: another replica's, a hub's, or a backup of one.
  ///
  /// - Returns: the number of changes that came from it.
  /// - Throws: ``ReplicaFailure`` when nothing in it belongs to the archive.
  package func fetch(from file: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: file) else { throw ReplicaFailure.missing(file) }
    guard let other = PageSalvage.scan(file) else { throw ReplicaFailure.fileSystem(file, errno) }
    if try replica.genesis() == nil {
      guard let genesis = genesis(among: other) else { throw ReplicaFailure.notAnArchive(file) }
      try replica.adopt(genesis)
    }
    var packCount = 0
    let (count, refused) = try take(other) { _ in packCount += 1 }
    guard refused.count < packCount else {
      throw ReplicaFailure.unacceptable(
        "\(file) has nothing of this archive: name another file or a remote with --from"
      )
    }
    return count
  }

  /// Offers all packs of a file to the gate, many in a transaction.
  private func take(
    _ file: PageSalvage,
    reading: (Pack) -> Void
  ) throws -> (count: Int, refused: [(PageSalvage.SalvagedPack, String)]) {
    var count = 0
    var refused: [(PageSalvage.SalvagedPack, String)] = []
    var group: [PageSalvage.SalvagedPack] = []
    var byteCount = 0
    func offerGroup() throws {
      let (admitted, others) = try offer(exchange(&group, with: []))
      count += admitted
      refused += others
      byteCount = 0
    }
    try file.forEachPack { found, isOfLog in
      if isOfLog { reading(found.pack) }
      group.append(found)
      byteCount += found.bytes.count
      if byteCount > Self.transactionByteLimit { try offerGroup() }
    }
    try offerGroup()
    return (count, refused)
  }

  private func offer(
    _ group: [PageSalvage.SalvagedPack]
  ) throws -> (count: Int, refused: [(PageSalvage.SalvagedPack, String)]) {
    guard !group.isEmpty else { return (0, []) }
    let before = try replica.endPosition()
    do {
      _ = try replica.append(group.map { replica.delivery(of: $0.bytes) }, from: source)
      return (try changeCount(since: before), [])
    } catch is LogFailure {
      // One by one: those before the refused one are in the log already.
      var refused: [(PageSalvage.SalvagedPack, String)] = []
      for pack in group {
        if case .refused(let reason) = try replica.offer(pack.bytes, from: source) {
          refused.append((pack, reason))
        }
      }
      return (try changeCount(since: before), refused)
    }
  }

  private func changeCount(since position: UInt64) throws -> Int {
    Int(clamping: try replica.endPosition() - position)
  }

  // MARK: - The end

  /// Sets aside what the gate has not let in, and puts the new file in the damaged one's place.
  ///
  /// - Throws: ``ReplicaFailure`` when nothing could be made of the file, or when somebody wrote to it
  ///   meanwhile; everything is then as it was.
  package func finish() throws -> RepairReport {
    guard try replica.endPosition() > 0 || !leftOver.isEmpty else {
      throw ReplicaFailure.beyondRepair(path)
    }
    for (pack, reason) in leftOver { try replica.hold(pack, from: source, because: reason) }
    let lost = try replica.lostChanges(of: former)
    let held = try replica.heldPacks()
    let changeCount = Int(clamping: try replica.endPosition())
    try replica.finishCloning()
    let environment = replica.environment
    let draft = replica.path
    try replica.checkpoint()
    try replica.close()
    guard FileStamp(path) == stamp else { throw ReplicaFailure.changedMeanwhile(path) }
    let kept = try FileReplacement(of: path).replace(with: draft)
    let repaired = try Replica.open(path, environment: environment)
    try repaired.setMark()
    try repaired.close()
    return RepairReport(
      changeCount: changeCount,
      salvagedCount: salvagedCount,
      held: held,
      lost: lost.named,
      unnamedLossCount: lost.unnamedCount,
      remoteCount: remoteCount,
      keptPath: kept
    )
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
    let replacement = FileReplacement(of: path)
    guard replacement.isBrokenOff else { return false }
    try replacement.finish()
    let repaired = try Replica.open(path, environment: environment)
    try repaired.setMark()
    try repaired.close()
    return true
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

/// What tells whether somebody has written to a database file.
private struct FileStamp: Equatable {
  private let parts: [[Int]]

  init(_ path: String) {
    parts = [path, path + "-wal"].map { path in
      var info = stat()
      guard stat(path, &info) == 0 else { return [] }
      return [
        Int(info.st_ino), Int(info.st_size), Int(info.st_mtim.tv_sec), Int(info.st_mtim.tv_nsec),
      ]
    }
  }
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

private func exchange<Value>(_ value: inout Value, with new: Value) -> Value {
  let old = value
  value = new
  return old
}

internal import ChangeLog
internal import Foundation
internal import HubStorageSQLite
internal import ReplicaStorage
internal import SyncProtocol
internal import SyncSimulation

/// A machine with one archive file: a replica's or a hub's.
final class Machine {
  enum Kind {
    case replica
    case hub
  }

  /// An open archive.
  enum Store {
    case replica(Replica)
    case hub(SQLiteHubStorage, SQLiteHubArchive)

    var log: any LogStore {
      switch self {
      case .replica(let replica): replica
      case .hub(_, let archive): archive
      }
    }

    /// Joins small packs of the log, and stops after looking at some.
    func joinPacks(upTo packCount: Int) throws {
      var left = packCount
      let mayGoOn = {
        left -= 1
        return left >= 0
      }
      switch self {
      case .replica(let replica):
        _ = try replica.joinPacks(keptElsewhere: .everything, mayGoOn: mayGoOn)
      case .hub(let storage, _):
        _ = try storage.joinPacks(Machine.archiveName, mayGoOn: mayGoOn)
      }
    }
  }

  static let archiveName = "desk"

  let number: Int
  let kind: Kind
  let disk: SimulatedDisk
  let clock: MachineClock
  let limits: SyncLimits
  let identities: SimulatedIdentities
  private let random: SharedRandom
  /// `nil` while the machine is off.
  private(set) var store: Store?
  /// Counts starts: what belongs to an earlier one is dead.
  private(set) var incarnation = 0
  /// What is known and promised of its log.
  var ledger: Ledger
  /// The store that answered last at another machine, as a remote remembers it.
  var knownStores: [Int: StoreID] = [:]
  var backups: [Backup] = []
  /// A bit of its file was flipped: nothing that it says can be held against it.
  var isDamaged = false
  /// A peer lied to it, bytes on their way to it were changed, or its past happened twice: a cursor may
  /// claim more than is here, until the end of a session finds that the frontiers differ.
  var isMisled = false

  /// A log that is not its file's own was put beside it, on purpose.
  var hadStaleWAL = false

  /// A copy of an archive file, taken between two transactions.
  struct Backup {
    let files: [String: Data]
    let identities: SimulatedIdentities.Contents
    let ledger: Ledger
  }

  init(
    number: Int,
    kind: Kind,
    disk: SimulatedDisk,
    clock: MachineClock,
    limits: SyncLimits,
    random: SharedRandom,
    identities: SimulatedIdentities.Contents = SimulatedIdentities.Contents()
  ) {
    self.number = number
    self.kind = kind
    self.disk = disk
    self.clock = clock
    self.limits = limits
    self.random = random
    self.identities = SimulatedIdentities(identities) { random.bytes(32) }
    ledger = Ledger(machine: "\(kind) \(number)")
  }

  var name: String { "\(kind) \(number)" }

  var path: String { disk.path(fileName) }

  private var fileName: String {
    switch kind {
    case .replica: "\(Self.archiveName).stet"
    case .hub: "\(Self.archiveName).hub"
    }
  }

  var replica: Replica? {
    if case .replica(let replica) = store { replica } else { nil }
  }

  // MARK: - On and off

  /// Makes the archive: the first replica founds it, others are there for it to be copied into.
  func create(isFounder: Bool) throws {
    switch kind {
    case .replica:
      store = .replica(
        isFounder
          ? try Replica.create(at: path, named: Self.archiveName, environment: environment)
          : try Replica.createForCloning(at: path, from: "stet://", environment: environment)
      )
    case .hub:
      let storage = try hubStorage()
      try storage.createArchive(named: Self.archiveName)
      store = .hub(storage, try storage.archive(named: Self.archiveName))
    }
    incarnation += 1
  }

  /// Opens the archive file again.
  func start() throws {
    guard store == nil else { return }
    incarnation += 1
    switch kind {
    case .replica:
      store = .replica(try Replica.open(path, environment: environment))
    case .hub:
      let storage = try hubStorage()
      store = .hub(storage, try storage.archive(named: Self.archiveName))
    }
  }

  /// The program ends; after a crash of the disk it notices nothing.
  func stop() {
    // A connection whose disk is dead says so when it is closed.
    switch store {
    case .replica(let replica): try? replica.close()
    case .hub(let storage, _): try? storage.close()
    case nil: break
    }
    store = nil
    incarnation += 1
  }

  private func hubStorage() throws -> SQLiteHubStorage {
    let makeStore: @Sendable () -> StoreID = { [random] in
      guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
        preconditionFailure("random gave another number of bytes")
      }
      return store
    }
    return try SQLiteHubStorage(folder: disk.folder, lockTimeout: 0, makeStore: makeStore)
  }

  private var environment: ReplicaEnvironment {
    ReplicaEnvironment(
      identities: identities,
      memberName: name,
      lockTimeout: 0,
      now: { [clock] in clock.now },
      random: { [random] in random.bytes($0) }
    )
  }

  // MARK: - Copies

  /// Copies the file and its WAL; nobody writes meanwhile.
  func copyFiles() -> Backup {
    var files: [String: Data] = [:]
    for suffix in ["", "-wal"] {
      files[suffix] = FileManager.default.contents(atPath: path + suffix)
    }
    return Backup(files: files, identities: identities.snapshot, ledger: ledger)
  }

  /// Puts a copy where the file is; the machine is off.
  func put(_ backup: Backup) throws {
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: path + suffix)
      try backup.files[suffix]?.write(to: URL(filePath: path + suffix))
    }
    ledger = backup.ledger
    ledger.machine = name
  }

  /// Puts the main file of a copy, made after an orderly stop, beside the WAL that a crash has left.
  func putBesideWAL(_ backup: Backup) throws {
    try backup.files[""]?.write(to: URL(filePath: path))
    ledger = backup.ledger
    ledger.machine = name
    hadStaleWAL = true
  }

  /// Whether a WAL was set aside here as another file's.
  var hasSetAside: Bool { FileManager.default.fileExists(atPath: path + ".foreign-1-wal") }
}

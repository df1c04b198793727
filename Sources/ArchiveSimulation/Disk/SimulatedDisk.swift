package import Foundation
internal import SyncSimulation
internal import Synchronization

/// The disk of one simulated machine: a folder in which SQLite's writes last only from their fsync on.
///
/// Files are real, so that everything else that handles files works unchanged; SQLite reaches them
/// through ``SimulatedFileSystem``. Not simulated: the loss of a file's creation, renaming or removal, and
/// what programs write without SQLite.
package final class SimulatedDisk: Sendable {
  package let folder: URL
  private let state: Mutex<DiskState>

  /// Makes a folder and a disk for it.
  ///
  /// - Throws: what the file system says.
  package init(folder: URL, seed: UInt64) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder.resolvingSymlinksInPath()
    state = Mutex(DiskState(random: SeededRandom(seed: seed)))
    SimulatedFileSystem.mount(self)
  }

  /// Gives the disk back; its folder goes with everything in it.
  package func discard() {
    SimulatedFileSystem.unmount(self)
    try? FileManager.default.removeItem(at: folder)
  }

  package func path(_ name: String) -> String { folder.appending(path: name).path }

  // MARK: - Faults

  /// Whether the power is off.
  package var isOff: Bool { state.withLock { $0.isOff } }

  /// The power goes: of what was not synced some stays and some does not.
  ///
  /// Connections that are open stay useless for ever, also after the power is back: close them.
  package func crash() { state.withLock { $0.crash() } }

  /// The power goes by itself at a write or fsync from now, counted from 1.
  package func crash(atOperation number: Int) {
    state.withLock { $0.operationsUntilCrash = number }
  }

  /// Power is back, and with it a disk that works.
  ///
  /// Close all connections before.
  package func restart() {
    state.withLock { $0.restart() }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasSuffix("-shm") {
      unlink(path(name))
    }
  }

  /// So many bytes are free; `nil`: enough.
  package func setRoom(_ byteCount: Int?) { state.withLock { $0.room = byteCount.map(Int64.init) } }

  /// What SQLite does to a file.
  package enum Operation: Sendable {
    case write
    case sync
  }

  /// One operation of a kind fails, counted from 1; the disk works on.
  package func fail(_ operation: Operation, number: Int) {
    state.withLock { $0.failure = (operation, number) }
  }

  /// Flips a bit somewhere in a file that nobody has open.
  package func flipBit(in path: String) {
    state.withLock { state in
      guard let file = PlainFile(path), file.size > 0 else { return }
      let offset = Int64.random(in: 0..<file.size, using: &state.random)
      guard let byte = file.byte(at: offset) else { return }
      file.write([byte ^ (1 << UInt8.random(in: 0..<8, using: &state.random))], at: offset)
      state.tally[.bitFlip, default: 0] += 1
    }
  }

  /// No fault is waiting any more.
  package func heal() {
    state.withLock { state in
      state.operationsUntilCrash = nil
      state.room = nil
      state.failure = nil
    }
  }

  package var tally: FaultTally { state.withLock { $0.tally } }

  /// Writes and fsyncs so far.
  package var operationCount: Int { state.withLock { $0.operationCount } }

  func withState<Result: Sendable>(_ body: (inout DiskState) -> Result) -> Result {
    state.withLock { body(&$0) }
  }
}

/// What a disk remembers and what is in store for it.
struct DiskState {
  var random: SeededRandom
  var files: [String: UnsyncedWrites] = [:]
  /// Counts the times that the power went; a file that was opened before is dead.
  private(set) var generation = 0
  private(set) var isOff = false
  var operationsUntilCrash: Int?
  var room: Int64?
  var failure: (operation: SimulatedDisk.Operation, number: Int)?
  var tally: FaultTally = [:]
  private(set) var operationCount = 0

  init(random: SeededRandom) { self.random = random }

  mutating func crash() {
    guard !isOff else { return }
    isOff = true
    generation += 1
    let loss: UnsyncedWrites.Loss =
      switch Int.random(in: 0..<6, using: &random) {
      case 0: .nothing
      case 1: .everything
      default: .sectors(Int.random(in: 5..<96, using: &random))
      }
    // Sorted: dictionaries have another order in every process.
    for path in files.keys.sorted() {
      files[path]?.lose(loss, of: path, &random, &tally)
    }
    files = [:]
  }

  mutating func restart() {
    isOff = false
    // A machine that was shut down in order has everything on its disk.
    files = [:]
    operationsUntilCrash = nil
    room = nil
    failure = nil
  }

  /// What becomes of the next operation.
  enum Fate {
    case succeeds
    case fails
    /// Carried out, but the power goes with it, and whether it stays is for the crash to say.
    case crashesAfter
    case crashesBefore
  }

  mutating func fate(of operation: SimulatedDisk.Operation) -> Fate {
    if let (kind, number) = failure, kind == operation {
      failure = number > 1 ? (kind, number - 1) : nil
      if number <= 1 {
        tally[.diskError, default: 0] += 1
        return .fails
      }
    }
    operationCount += 1
    guard let left = operationsUntilCrash else { return .succeeds }
    operationsUntilCrash = left - 1
    guard left <= 1 else { return .succeeds }
    operationsUntilCrash = nil
    tally[.crashAtWrite, default: 0] += 1
    // A sync that is cut off has synced nothing for sure.
    return operation == .write && Bool.random(using: &random) ? .crashesAfter : .crashesBefore
  }

  /// Takes room for a file that grows; `false` where there is not enough.
  mutating func takeRoom(_ byteCount: Int64) -> Bool {
    guard let room, byteCount > 0 else { return true }
    guard byteCount <= room else {
      tally[.fullDisk, default: 0] += 1
      return false
    }
    self.room = room - byteCount
    return true
  }
}

import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

/// Which write-ahead logs are played into a file, and which are set aside.
@Suite final class WALPairingTests {
  /// A main file and the log beside it.
  private struct State {
    var main: Data
    var wal: Data?
  }

  private let world = TestWorld()
  private let folder = TemporaryFolder()
  private var path: String { folder.url.appending(path: "desk.stet").path }

  // MARK: - Making states

  /// The states of a file after each of some edits, of which one process that was killed made none
  /// durable but in the log; and the file before them.
  private struct Killed {
    /// Closed in good order, each some edits after the one before it.
    var closed: [State] = []
    /// Left by a kill after each edit since then.
    var left: [State] = []
    /// After a complete checkpoint, with the log that it has emptied still there.
    var checkpointed = State(main: Data())
    /// After edits that began the log anew.
    var begun: [State] = []
  }

  private func state() throws -> State {
    State(
      main: try Data(contentsOf: URL(filePath: path)),
      wal: try? Data(contentsOf: URL(filePath: path + "-wal"))
    )
  }

  private func open() throws -> Replica {
    try Replica.open(path, environment: world.environment(named: "anna"))
  }

  private func edit(_ replica: Replica, _ number: Int) throws {
    try replica.write { _ = try $0.importArticle("\(number)", headline: "h\(number)") }
  }

  private func killed() throws -> Killed {
    var killed = Killed()
    let environment = world.environment(named: "anna")
    try Replica.create(at: path, named: "desk", environment: environment).close()
    for number in 0..<4 {
      let replica = try open()
      for place in 0..<3 { try edit(replica, 10 * number + place) }
      try replica.close()
      killed.closed.append(try state())
    }
    let replica = try open()
    for number in 100..<105 {
      try edit(replica, number)
      killed.left.append(try state())
    }
    // Another connection, as of another process: the log stays when it is closed.
    let checkpointer = try DatabaseQueue(path: path)
    try checkpointer.writeWithoutTransaction { _ = try $0.checkpoint(.full) }
    killed.checkpointed = try state()
    try checkpointer.close()
    for number in 200..<203 {
      try edit(replica, number)
      killed.begun.append(try state())
    }
    try replica.close()
    return killed
  }

  /// Whether the log of a state is set aside, and is then whole under its new name.
  private func isSetAside(_ state: State) throws -> Bool {
    let place = folder.url.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let file = place.appending(path: "desk.stet").path
    try state.main.write(to: URL(filePath: file))
    try state.wal?.write(to: URL(filePath: file + "-wal"))
    let setAside = try SetAsideWAL.setAside(beside: file)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    if let setAside {
      #expect(setAside.path == file + ".foreign-1-wal")
      #expect(names == ["desk.stet", "desk.stet.foreign-1-wal"])
      #expect(try Data(contentsOf: URL(filePath: setAside.path)) == state.wal)
    } else {
      #expect(names == (state.wal == nil ? ["desk.stet"] : ["desk.stet", "desk.stet-wal"]))
    }
    #expect(try Data(contentsOf: URL(filePath: file)) == state.main)
    return setAside != nil
  }

  // MARK: - Own logs

  @Test func `a log that a killed process left is the file's own`() throws {
    let killed = try killed()
    for state in killed.closed + killed.left + killed.begun + [killed.checkpointed] {
      #expect(try !isSetAside(state))
    }
    #expect(killed.left.allSatisfy { $0.wal != nil } && killed.begun.allSatisfy { $0.wal != nil })
    #expect(killed.checkpointed.main != killed.left[4].main)
    // It was begun anew: in the same file, over the old frames.
    #expect(killed.begun[0].wal?.count == killed.left[4].wal?.count)
  }

  @Test(arguments: 0..<40)
  func `a log is the file's own after a checkpoint that a power cut broke off anywhere`(
    seed: Int
  ) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let killed = try killed()
    var state = try #require(killed.left.randomElement(using: &random))
    let wal = try #require(state.wal)
    // The pages that the checkpoint writes, sector by sector: each was written or not.
    for (page, bytes) in try Self.frames(of: wal) {
      let start = (page - 1) * bytes.count
      let missing = start + bytes.count - state.main.count
      if missing > 0 { state.main += Data(repeating: 0, count: missing) }
      guard Bool.random(using: &random) else { continue }
      for sector in stride(from: 0, to: bytes.count, by: 512) where Bool.random(using: &random) {
        state.main.replaceSubrange(
          (start + sector)..<(start + sector + 512),
          with: bytes[sector..<(sector + 512)]
        )
      }
    }
    #expect(try !isSetAside(state))
  }

  @Test func `a log is the file's own wherever it is torn off`() throws {
    let state = try #require(try killed().left.last)
    let wal = try #require(state.wal)
    var random = SeededRandom(seed: 1)
    let ends =
      [0, 1, 31, 32, 33, 56, 57]
      + (0..<60).map { _ in Int.random(in: 0..<wal.count, using: &random) }
    for end in ends {
      #expect(try !isSetAside(State(main: state.main, wal: wal.prefix(end))), "\(end)")
    }
  }

  @Test func `a flipped bit makes no log foreign`() throws {
    let killed = try killed()
    var random = SeededRandom(seed: 2)
    for main in [killed.left[0].main, killed.checkpointed.main] {
      let wal = try #require(killed.left[4].wal)
      for _ in 0..<150 {
        var state = State(main: main, wal: wal)
        let place = Int.random(in: 32..<wal.count, using: &random)
        state.wal?[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        #expect(try !isSetAside(state), "\(place)")
      }
      // The end of every page, where a row lies that is alone on it.
      for end in stride(from: Self.pageByteCount, through: main.count, by: Self.pageByteCount) {
        var state = State(main: main, wal: wal)
        let place = end - Int.random(in: 1...30, using: &random)
        state.main[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        #expect(try !isSetAside(state), "\(place)")
      }
    }
  }

  @Test func `what is no log is left to SQLite`() throws {
    let main = try #require(try killed().closed.last).main
    for wal in [Data(), Data("no log".utf8), Data(repeating: 0x55, count: 100_000)] {
      #expect(try !isSetAside(State(main: main, wal: wal)))
    }
    #expect(try !isSetAside(State(main: Data(), wal: killedLog(beside: main))))
  }

  private func killedLog(beside main: Data) throws -> Data? {
    try main.write(to: URL(filePath: path))
    let replica = try open()
    defer { try? replica.close() }
    try edit(replica, 300)
    return try state().wal
  }

  // MARK: - Foreign logs

  @Test func `a log beside an older or a newer file is set aside`() throws {
    let killed = try killed()
    let files = killed.closed.map(\.main)
    let last = files.count - 1
    for (age, main) in files.enumerated() {
      for state in killed.left {
        #expect(try isSetAside(State(main: main, wal: state.wal)) == (age != last), "\(age)")
      }
      for state in killed.begun { #expect(try isSetAside(State(main: main, wal: state.wal))) }
    }
    // An older log beside a file that went on.
    #expect(try isSetAside(State(main: killed.checkpointed.main, wal: killed.left[0].wal)))
  }

  @Test func `the log of another archive is set aside`() throws {
    let own = try killed()
    let other = try WALPairingTests().killed()
    for state in other.left + other.begun {
      #expect(try isSetAside(State(main: own.closed[3].main, wal: state.wal)))
    }
  }

  @Test func `an older file goes on as it was, and a repair brings what was set aside`() throws {
    let environment = world.environment(named: "anna")
    let first = try Replica.create(at: path, named: "desk", environment: environment)
    try edit(first, 1)
    try first.close()
    let older = try state().main
    let second = try open()
    try second.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    try second.close()
    let third = try open()
    try edit(third, 2)
    let wal = try #require(try state().wal)
    try third.close()

    try older.write(to: URL(filePath: path))
    try wal.write(to: URL(filePath: path + "-wal"))
    let restored = try open()
    let setAside = try #require(restored.setAside)
    #expect(try restored.articles().map(\.headline) == ["h1"])
    try edit(restored, 3)
    try restored.close()
    let report = try Replica.verify(path, .full, lockTimeout: 1)
    #expect(report.damages.isEmpty && report.setAside == nil)

    let repair = try Repair(of: path, environment: environment)
    try repair.takeSalvage()
    try repair.fetch(from: setAside.path)
    #expect(try repair.finish().isComplete)
    let repaired = try open()
    #expect(try Set(repaired.articles().map(\.headline)) == ["h1", "h2", "h3"])
    try repaired.close()
  }

  @Test func `a log that somebody has in use is left alone`() throws {
    let killed = try killed()
    try killed.closed[0].main.write(to: URL(filePath: path))
    try killed.left[0].wal?.write(to: URL(filePath: path + "-wal"))
    let user = try DatabaseQueue(path: path)
    _ = try user.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    #expect(try SetAsideWAL.setAside(beside: path) == nil)
    #expect(FileManager.default.fileExists(atPath: path + "-wal"))
    try user.close()
  }

  // MARK: - Frames

  private static let pageByteCount = 16_384

  /// The newest committed version of every page in a log (file format, 4.1), by the page's number.
  private static func frames(of wal: Data) throws -> [(page: Int, bytes: Data)] {
    var frames: [Int: Data] = [:]
    for start in stride(from: 32, to: wal.count, by: 24 + pageByteCount) {
      guard start + 24 + pageByteCount <= wal.count else { break }
      let page = wal[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
      frames[page] = Data(wal[(start + 24)..<(start + 24 + pageByteCount)])
    }
    return frames.sorted { $0.key < $1.key }.map { (page: $0.key, bytes: $0.value) }
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

@Suite final class ReplicaBackupTests {
  private let world = TestWorld()
  private let folder: URL
  private var backup: URL { folder.appending(path: "backup") }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A replica that wrote so many actions, with what two others wrote in between.
  private func replica(_ actionCount: Int) throws -> Replica {
    let anna = try world.replica(named: "anna")
    try write(actionCount, to: anna, from: 0)
    let bert = try world.clone(of: anna, named: "bert")
    try write(3, to: bert, from: 1000)
    _ = try world.sync(anna, with: bert)
    return anna
  }

  private func write(_ count: Int, to replica: Replica, from first: Int) throws {
    for number in first..<(first + count) {
      try replica.write {
        _ = try $0.importArticle("\(number)", headline: "h\(number)", body: "one two \(number)")
      }
    }
  }

  private func check() throws -> String? {
    try Replica.check(LogBackupReader(backup), environment: world.environment(named: "check"))
  }

  /// The bytes of all files of the backup.
  private func files() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: backup.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: backup.appending(path: $0))) }
    )
  }

  private func put(_ files: [String: Data]) throws {
    try? FileManager.default.removeItem(at: backup)
    try FileManager.default.createDirectory(at: backup, withIntermediateDirectories: true)
    for (name, bytes) in files { try bytes.write(to: backup.appending(path: name)) }
  }

  @Test func `what is restored is the archive, in a replica of its own`() throws {
    let anna = try replica(5)
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    _ = try anna.backUp(to: backup)
    #expect(try check() == StateDigest.description(of: anna.digest()))
    let restored = try Replica.restore(
      LogBackupReader(backup),
      to: folder.appending(path: "restored.stet").path,
      environment: world.environment(named: "anna")
    )
    #expect(try restored.digest() == anna.digest())
    #expect(try restored.frontier() == anna.frontier())
    #expect(try restored.storeID() != anna.storeID())
    #expect(try restored.cloningAddress() == nil)
    #expect(try restored.remotes().map(\.address) == ["stet://127.0.0.1:7474/desk"])
    #expect(try restored.endPosition() == anna.endPosition())
    // The next change begins a lane: nobody's numbers are used twice.
    let lanes = Set(try restored.frontier().heads.keys)
    try write(1, to: restored, from: 2000)
    #expect(try Set(restored.frontier().heads.keys).subtracting(lanes).count == 1)
    // What the original wrote since comes by sync, and nothing is lost on either side.
    try write(2, to: anna, from: 3000)
    #expect(try world.sync(restored, with: anna).dialler?.verdict == .equal)
    #expect(try restored.digest() == anna.digest())
  }

  @Test func `a second backup adds the new packs and not a byte more`() throws {
    let anna = try replica(5)
    _ = try anna.backUp(to: backup)
    let before = try files()
    #expect(try anna.backUp(to: backup).newByteCount == 0)
    #expect(try files()["segment-000001"] == before["segment-000001"])
    try write(2, to: anna, from: 100)
    let receipt = try anna.backUp(to: backup)
    let grown = try #require(try files()["segment-000001"])
    let earlier = try #require(before["segment-000001"])
    #expect(receipt.newPackCount == 2)
    #expect(receipt.newChangeCount == 2)
    #expect(grown.count - earlier.count == receipt.newByteCount)
    #expect(grown.prefix(earlier.count) == earlier)
    #expect(try check() == StateDigest.description(of: anna.digest()))
  }

  @Test func `a folder of another archive, or of another copy, is left alone`() throws {
    let anna = try replica(3)
    _ = try anna.backUp(to: backup)
    let before = try files()
    let stranger = try TestWorld(seed: 2).replica(named: "stranger")
    try write(9, to: stranger, from: 0)
    #expect(throws: LogBackupFailure.otherArchive(backup.path, name: "desk")) {
      try stranger.backUp(to: backup)
    }
    let bert = try world.clone(of: anna, named: "bert")
    #expect(throws: LogBackupFailure.otherStore(backup.path)) { try bert.backUp(to: backup) }
    #expect(try files() == before)
  }

  @Test func `a run that stops after any file operation leaves the earlier backup good`() throws {
    struct Stop: Error {}
    let anna = try replica(4)
    _ = try anna.backUp(to: backup, segmentByteLimit: 2000)
    let digest = try check()
    let before = try files()
    try write(12, to: anna, from: 100)
    var stopped = 0
    var isDone = false
    while !isDone {
      try put(before)
      var left = stopped
      var last: LogBackupStep?
      do {
        _ = try anna.backUp(to: backup, segmentByteLimit: 2000) { step in
          last = step
          if left == 0 { throw Stop() }
          left -= 1
        }
        isDone = true
      } catch is Stop {
        stopped += 1
      }
      let isNew = isDone || last == .placedManifest
      let newest = try StateDigest.description(of: anna.digest())
      #expect(try check() == (isNew ? newest : digest), "stopped after \(stopped) steps")
      // And the next run makes up for it.
      _ = try anna.backUp(to: backup, segmentByteLimit: 2000)
      #expect(try check() == newest, "stopped after \(stopped) steps")
    }
    #expect(stopped > 15)
    #expect(try files().keys.count { $0.hasPrefix("segment-") } > 3)
  }

  @Test func `a first run that stops leaves no backup, and the next one makes it`() throws {
    struct Stop: Error {}
    let anna = try replica(4)
    #expect(throws: Stop.self) {
      try anna.backUp(to: backup) { if case .wroteManifest = $0 { throw Stop() } }
    }
    #expect(throws: LogBackupFailure.missing(backup.path)) { try check() }
    _ = try anna.backUp(to: backup)
    #expect(try check() == StateDigest.description(of: anna.digest()))
  }

  @Test func `a flipped bit anywhere is found`() throws {
    let anna = try replica(2)
    _ = try anna.backUp(to: backup, segmentByteLimit: 1500)
    let whole = try files()
    #expect(whole.keys.count { $0.hasPrefix("segment-") } > 1)
    var random = SeededRandom(seed: 7)
    for (name, bytes) in whole where name != "lock" {
      // Every byte of what frames the packs, and of the manifest some.
      let places = Set(0..<min(40, bytes.count))
        .union((0..<10).map { _ in Int.random(in: 0..<bytes.count, using: &random) })
        .union([bytes.count - 1])
      for place in places {
        var flipped = bytes
        flipped[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try put(whole.merging([name: flipped]) { $1 })
        #expect(throws: LogBackupFailure.self, "\(name), byte \(place)") { try check() }
      }
      for end in [0, bytes.count / 2, bytes.count - 1] {
        try put(whole.merging([name: bytes.prefix(end)]) { $1 })
        #expect(throws: LogBackupFailure.self, "\(name), cut to \(end)") { try check() }
      }
    }
  }

  @Test func `segments that were mixed up or left out are found`() throws {
    let anna = try replica(6)
    _ = try anna.backUp(to: backup, segmentByteLimit: 1500)
    let whole = try files()
    let names = whole.keys.filter { $0.hasPrefix("segment-") }.sorted()
    try #require(names.count > 2)
    var swapped = whole
    swapped[names[1]] = whole[names[2]]
    swapped[names[2]] = whole[names[1]]
    var missing = whole
    missing[names[1]] = nil
    // A manifest that is right by itself, with one segment less.
    let manifest = try LogBackupReader(backup).manifest
    let shortened = LogBackupManifest(
      name: manifest.name,
      genesis: manifest.genesis,
      store: manifest.store,
      position: manifest.position,
      check: manifest.check,
      frontier: manifest.frontier,
      state: manifest.state,
      time: manifest.time,
      segments: manifest.segments.dropLast(),
      remotes: []
    )
    var less = whole
    less["manifest"] = Data(try shortened.encoded())
    for files in [swapped, missing, less] {
      try put(files)
      #expect {
        try check()
      } throws: { error in
        if case LogBackupFailure.damaged = error { true } else { false }
      }
      let target = folder.appending(path: "target.stet").path
      #expect(throws: LogBackupFailure.self) {
        try Replica.restore(
          LogBackupReader(backup),
          to: target,
          environment: world.environment(named: "anna")
        )
      }
    }
    // What could not be restored leaves nothing behind.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["backup"])
  }

  @Test func `a file that is there is not overwritten`() throws {
    let anna = try replica(1)
    _ = try anna.backUp(to: backup)
    let target = folder.appending(path: "desk.stet")
    try Data("mine".utf8).write(to: target)
    #expect(throws: ReplicaFailure.exists(target.path)) {
      try Replica.restore(
        LogBackupReader(backup),
        to: target.path,
        environment: world.environment(named: "anna")
      )
    }
    #expect(try Data(contentsOf: target) == Data("mine".utf8))
  }

  @Test func `one writer at a time`() throws {
    let anna = try replica(1)
    let other = try replica(1)
    _ = try anna.backUp(to: backup) { step in
      guard case .wroteManifest = step else { return }
      #expect(throws: LogBackupFailure.busy(backup.path)) { try other.backUp(to: backup) }
    }
  }

  @Test(arguments: [UInt64](1...6))
  func `made-up histories come back as they were`(seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for _ in 0..<30 { try history.step() }
    try history.settle()
    for (number, replica) in history.replicas.enumerated() {
      let backup = folder.appending(path: "backup-\(number)")
      _ = try replica.backUp(to: backup, segmentByteLimit: 4000)
      let restored = try Replica.restore(
        LogBackupReader(backup),
        to: folder.appending(path: "restored-\(number).stet").path,
        environment: world.environment(named: "anna")
      )
      #expect(try restored.digest() == replica.digest())
      #expect(try restored.frontier() == replica.frontier())
    }
  }
}

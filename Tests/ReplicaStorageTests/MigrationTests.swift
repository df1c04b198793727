import ArchiveSimulation
import ChangeLog
import Foundation
import GRDB
import LogStorage
import ReplicaStorage
import Synchronization
import Testing

@Suite final class MigrationTests {
  private struct Broken: Error {}

  private let world = TestWorld()
  private let environment: ReplicaEnvironment
  private let folder: URL
  private var path: String { folder.appending(path: "desk.stet").path }
  private static let now = ReplicaMigrations.all.version

  /// Two made-up steps from today's version: one adds a table, one wants the state made anew.
  private static let steps = [
    SchemaMigration(state: .stays) {
      try $0.execute(sql: "CREATE TABLE shelves (id INTEGER PRIMARY KEY) STRICT")
    },
    SchemaMigration(state: .isMadeAnew) {
      try $0.execute(sql: "UPDATE articles SET headline = 'lost'; DROP TABLE open_reviews")
    },
  ]
  private static let migrations = ReplicaMigrations.all.adding(steps)

  init() throws {
    environment = world.environment(named: "anna")
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let replica = try Replica.create(at: path, named: "desk", environment: environment)
    for number in 0..<3 {
      try replica.write { _ = try $0.importArticle("\(number)", headline: "h\(number)") }
    }
    try replica.close()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func open(
    _ path: String? = nil,
    readOnly: Bool = false,
    _ migrations: SchemaMigrations = ReplicaMigrations.all
  ) throws -> Replica {
    try Replica.open(
      path ?? self.path,
      environment: environment,
      readOnly: readOnly,
      migrations: migrations
    )
  }

  private func digest(_ path: String? = nil) throws -> Hash {
    let replica = try open(path)
    defer { try? replica.close() }
    return try replica.digest()
  }

  private func names() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  private func contents() throws -> [String: Data] {
    try Dictionary(
      uniqueKeysWithValues: names().map { ($0, try Data(contentsOf: folder.appending(path: $0))) }
    )
  }

  @Test(arguments: [false, true])
  func `an older file is brought up to date, whoever opens it, and kept as it was`(
    readOnly: Bool
  ) throws {
    let before = try open()
    let (digest, state) = (try before.digest(), try DerivedState.dump(before))
    try before.close()
    let replica = try open(readOnly: readOnly, Self.migrations)
    let copy = path + ".before-v\(Self.now + 2)"
    #expect(replica.upgrade?.from == Self.now)
    #expect(replica.upgrade?.to == Self.now + 2)
    #expect(replica.upgrade?.copy == copy)
    #expect(try replica.inspect { try $0.tableExists("shelves") })
    // A step that says so has the state made anew.
    #expect(try DerivedState.dump(replica) == state)
    #expect(try replica.articles().map(\.headline).sorted() == ["h0", "h1", "h2"])
    try replica.close()

    // The second time there is nothing to do.
    let again = try open(Self.migrations)
    #expect(again.upgrade == nil)
    #expect(try again.digest() == digest)
    try again.close()
    #expect(throws: ReplicaFailure.newer(path)) { try open() }
    #expect(try self.digest(copy) == digest)
    #expect(try names().filter { $0.contains("before") }.count == 1)
  }

  private func open(_ migrations: SchemaMigrations) throws -> Replica {
    try open(nil, readOnly: false, migrations)
  }

  @Test func `a copy that has only just begun goes on after a step`() throws {
    let begun = folder.appending(path: "begun.stet").path
    let other = world.environment(named: "bert")
    try Replica.createForCloning(at: begun, from: "memory", environment: other).close()
    let file = try DatabaseQueue(path: begun)
    try file.write {
      try $0.execute(sql: "ALTER TABLE texts DROP COLUMN weight; PRAGMA user_version = 3")
    }
    try file.close()
    let anna = try open()
    let article = try #require(try anna.articles().first?.id)
    try anna.write { _ = try $0.edit(article, to: "edited") }
    let bert = try Replica.open(begun, environment: other)
    #expect(bert.upgrade?.from == 3)
    _ = try world.sync(bert, with: anna)
    #expect(try bert.digest() == anna.digest())
    #expect(try bert.body(of: article) == "edited")
    try bert.close()
    #expect(try Replica.verify(begun, .full, lockTimeout: 1).damages.isEmpty)
    try anna.close()
  }

  @Test func `a copy that is there is not overwritten`() throws {
    let copy = path + ".before-v\(Self.now + 2)"
    try Data("mine".utf8).write(to: URL(filePath: copy))
    let replica = try open(Self.migrations)
    #expect(replica.upgrade?.copy == copy + "-2")
    try replica.close()
    #expect(try Data(contentsOf: URL(filePath: copy)) == Data("mine".utf8))
  }

  @Test func `a migration that fails leaves the file as it was, and nothing beside it`() throws {
    let digest = try digest()
    let failing = ReplicaMigrations.all.adding(
      Self.steps + [
        SchemaMigration(state: .stays) { db in
          try db.execute(sql: "DROP TABLE remotes")
          throw Broken()
        }
      ]
    )
    #expect(throws: Broken.self) { try open(failing) }
    #expect(try names() == ["desk.stet"])
    #expect(try self.digest() == digest)
    let replica = try open()
    #expect(try replica.remotes().isEmpty)
    #expect(try replica.inspect { try !$0.tableExists("shelves") })
    try replica.close()
    // And with the step repaired it goes through.
    #expect(try open(Self.migrations).upgrade != nil)
  }

  /// Connections of one process lock each other out as those of several do.
  @Test func `of several that open an older file at once, one brings it up to date`() throws {
    let upgrades = Mutex<[SchemaUpgrade?]>([])
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { [path, environment] _ in
      do {
        let replica = try Replica.open(
          path,
          environment: environment,
          migrations: Self.migrations
        )
        upgrades.withLock { $0.append(replica.upgrade) }
        try replica.close()
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(upgrades.withLock { $0.compactMap(\.self).count } == 1)
    #expect(try names().filter { $0.contains("before") }.count == 1)
  }

  @Test func `a newer file is refused, and not a byte changes`() throws {
    try open(Self.migrations).close()
    let before = try contents()
    for readOnly in [false, true] {
      #expect(throws: ReplicaFailure.newer(path)) { try open(readOnly: readOnly) }
    }
    #expect(try contents() == before)
  }

  @Test func `a file that is newer only in its WAL is refused, and not a byte of both changes`()
    throws
  {
    // What a killed process leaves: the WAL was not folded into the file.
    let writer = try DatabaseQueue(path: path)
    try writer.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 1000")
    }
    let killed = folder.appending(path: "killed.stet").path
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: killed + suffix)
    }
    try writer.close()
    let before = try contents()
    for readOnly in [false, true] {
      #expect(throws: ReplicaFailure.newer(killed)) { try open(killed, readOnly: readOnly) }
    }
    let after = try contents()
    for name in ["killed.stet", "killed.stet-wal"] { #expect(after[name] == before[name]) }
  }

  @Test(.enabled(if: TightDisk.isPossible, "needs the right to mount a tmpfs"))
  func `without room for the copy the file stays as it is`() throws {
    let digest = try digest()
    let byteCount = try Data(contentsOf: URL(filePath: path)).count
    let disk = try TightDisk(kilobytes: byteCount / 1024 * 3 / 2 + 128)
    let file = disk.folder.appending(path: "desk.stet").path
    try FileManager.default.copyItem(atPath: path, toPath: file)
    #expect {
      try open(file, Self.migrations)
    } throws: {
      StorageFailure($0) == .full
    }
    #expect(try self.digest(file) == digest)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: disk.folder.path)
        .filter { $0.contains("copy") || $0.contains("before") } == []
    )
  }

  private func open(_ path: String, _ migrations: SchemaMigrations) throws -> Replica {
    try open(path, readOnly: false, migrations)
  }
}

/// A file system of a few kilobytes.
private final class TightDisk {
  static let isPossible = (try? TightDisk(kilobytes: 64)) != nil

  let folder: URL

  init(kilobytes: Int) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
  }

  deinit {
    try? Self.run(["umount", "-l", folder.path])
    try? FileManager.default.removeItem(at: folder)
  }

  private static func run(_ words: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}

import ChangeLog
import Foundation
import GRDB
import HubStorage
import HubStorageSQLite
import Testing

@Suite struct SQLiteHubFileTests {
  /// A file called `desk.hub` that is no archive of this version.
  struct ForeignFile: CustomStringConvertible, Sendable {
    let description: String
    let failure: HubStorageFailure
    let make: @Sendable (URL) throws -> Void
  }

  static let foreignFiles = [
    ForeignFile(description: "an archive of a newer version", failure: .newer("desk")) { file in
      try SQLiteHubStorage(folder: file.deletingLastPathComponent()).createArchive(named: "desk")
      try execute("PRAGMA user_version = 1000", in: file)
    },
    ForeignFile(
      description: "a newer version's archive without a WAL",
      failure: .newer("desk")
    ) { file in
      try execute("PRAGMA journal_mode = DELETE", in: file)
      try execute("CREATE TABLE log (id); PRAGMA user_version = 1000", in: file)
    },
    ForeignFile(description: "a text", failure: .notAnArchive("desk")) { file in
      try Data(String(repeating: "Not a database. ", count: 2000).utf8).write(to: file)
    },
    ForeignFile(description: "an empty file", failure: .notAnArchive("desk")) { file in
      try Data().write(to: file)
    },
    ForeignFile(description: "another program's database", failure: .notAnArchive("desk")) {
      try execute("CREATE TABLE cookies (id)", in: $0)
    },
  ]

  @Test(arguments: foreignFiles)
  func `a file that cannot be understood is refused untouched`(_ foreign: ForeignFile) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try foreign.make(folder.url.appending(path: "desk.hub"))
    let before = try folder.contents()
    let storage = try SQLiteHubStorage(folder: folder.url)
    for _ in 0..<2 {
      #expect(throws: foreign.failure) { try storage.archive(named: "desk") }
    }
    #expect(try folder.contents() == before)
    #expect(throws: HubStorageFailure.exists("desk")) { try storage.createArchive(named: "desk") }
    #expect(try folder.contents() == before)
  }

  @Test func `creating an archive leaves its file and nothing else`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let storage = try SQLiteHubStorage(folder: folder.url)
    try storage.createArchive(named: "desk")
    #expect(throws: HubStorageFailure.self) { try storage.createArchive(named: "desk") }
    #expect(try folder.contents().keys.sorted() == ["desk.hub"])
  }

  @Test func `files of other kinds are not listed as archives`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in ["notes.txt", ".hidden.hub", "desk.hub-wal", "desk.hub~"] {
      try Data().write(to: folder.url.appending(path: name))
    }
    #expect(try SQLiteHubStorage(folder: folder.url).archiveNames() == [])
  }

  private static func execute(_ sql: String, in file: URL) throws {
    let database = try DatabaseQueue(path: file.path)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
  }
}

import ArchiveModel
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage

/// A closed archive file with some of everything in it, in a folder of its own.
final class FileFixture: Sendable {
  let folder: URL
  let bytes: [UInt8]
  let digest: Hash
  let world = TestWorld()

  /// 200 changes of two replicas that have met.
  ///
  /// - `extend`: puts more into the file.
  init(_ extend: (Replica, TestWorld) throws -> Void = { _, _ in }) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "original.stet").path
    let anna = try Replica.create(
      at: path,
      named: "desk",
      environment: world.environment(named: "anna")
    )
    let articles = try anna.write { writer in
      try (0..<30).map { number in
        try writer.importArticle(
          "\(number)",
          headline: "Harbour \(number)",
          body: (0...number).map { "Ship \($0) came in at dusk; nobody counted." }.joined(
            separator: "\n\n"
          )
        )
      }
    }
    let bert = try world.clone(of: anna, named: "bert")
    for (number, article) in articles.enumerated() {
      try anna.write { _ = try $0.tag(article, adding: ["sea", "n\(number % 7)"], removing: []) }
      try anna.write { _ = try $0.correct(article, [(.headline, "Port \(number)")]) }
      try bert.write { _ = try $0.correct(article, [(.section, "Wire \(number % 3)")]) }
      try bert.write { writer in
        _ = try writer.annotate(
          article,
          .passage("Ship 0", occurrence: 1),
          motivation: "commenting",
          note: "compare with June, page \(number)"
        )
      }
    }
    for article in articles.prefix(20) {
      try anna.write { _ = try $0.replace("dusk", by: "dawn", in: article) }
      try bert.write { _ = try $0.replace("nobody", by: "somebody", in: article) }
    }
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    for _ in 0..<2 { _ = try world.sync(anna, with: bert) }
    try anna.noteReached(remote: "origin", store: bert.storeID(), clockOffset: 12, sent: 190)
    for article in articles.prefix(3) { try anna.write { try $0.deleteEverything(of: article) } }
    try anna.write { try $0.liftDeletions(of: articles[0]) }
    for number in try anna.endPosition()..<200 {
      try anna.write { try $0.set(.byline, of: articles[9], to: "by \(number)") }
    }
    try extend(anna, world)
    try anna.catchUpSearch()
    digest = try anna.digest()
    try anna.close()
    bytes = Array(try Data(contentsOf: URL(filePath: path)))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Has a copy of the file, with other bytes, looked at, and removes it.
  func withFile<Result>(of bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let copy = folder.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: copy) }
    let file = copy.appending(path: "desk.stet")
    try Data(bytes).write(to: file)
    return try body(file.path)
  }
}

/// Everything that SQL can read in a file, value by value.
enum LogicalDump {
  static func rows(of path: String) throws -> [String: [[DatabaseValue]]] {
    var configuration = Configuration()
    configuration.readonly = true
    let database = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? database.close() }
    return try database.read { db in
      var dump: [String: [[DatabaseValue]]] = [:]
      let schema = "SELECT type, name, tbl_name, CAST(sql AS BLOB) FROM sqlite_schema ORDER BY name"
      dump["sqlite_schema"] = try rows(db, schema)
      for pragma in ["application_id", "user_version"] {
        dump[pragma] = try rows(db, "PRAGMA \(pragma)")
      }
      let tables = try String.fetchAll(
        db,
        sql:
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
      )
      for table in tables {
        let columns = try String.fetchAll(
          db,
          sql: "SELECT name FROM pragma_table_info(?)",
          arguments: [table]
        ).map { "typeof(\($0)), CAST(\($0) AS BLOB)" }
        dump[table] = try rows(db, "SELECT \(columns.joined(separator: ", ")) FROM \(table)")
      }
      return dump
    }
  }

  /// Every word of the full-text index with all its places, as FTS5 reads them.
  static func words(of path: String) throws -> [[DatabaseValue]] {
    var configuration = Configuration()
    configuration.readonly = true
    let database = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? database.close() }
    return try database.read { db in
      try db.execute(
        sql: "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, instance)"
      )
      return try rows(db, "SELECT CAST(term AS BLOB), doc, col, offset FROM words")
    }
  }

  private static func rows(_ db: Database, _ sql: String) throws -> [[DatabaseValue]] {
    try Row.fetchAll(db, sql: sql).map { Array($0.databaseValues) }
  }
}

import ArchiveModel
import ChangeLog
import Foundation
import GRDB
import Interchange
import Synchronization

/// The work that cannot be left out, in its plainest form.
enum Floor {
  /// The one that imports use.
  private static let level: Int32 = 1

  /// Parses the input, compresses it in blocks of 256 KiB, and inserts a row per article; on all cores.
  static func importing(
    _ input: String,
    in folder: URL
  ) throws -> (seconds: Double, blocks: [Block]) {
    let start = ContinuousClock.now
    let batches = ArticleBatches(path: input, options: ImportOptions()) { $0 }
    let compressed = BlockList()
    let table = try ArticleTable(in: folder)
    let group = DispatchGroup()
    // As many as there are cores to compress on, one more waits.
    let room = DispatchSemaphore(value: 0)
    for _ in 0...ProcessInfo.processInfo.activeProcessorCount { room.signal() }
    var raw: [UInt8] = []
    func seal() {
      room.wait()
      let (place, block) = (compressed.reserve(), raw)
      raw = []
      // Not behind what is read ahead.
      DispatchQueue.global(qos: .userInitiated).async(group: group) {
        let bytes = Deflate.compress(block, level: level)
        compressed.set(Block(raw: block.count, bytes: bytes), at: place)
        room.signal()
      }
    }
    while let batch = try batches.next() {
      for case .article(let article) in batch.records {
        raw += article.version.record
        try table.insert(article.version)
        if raw.count > 256 << 10 { seal() }
      }
    }
    seal()
    group.wait()
    try table.close()
    return ((ContinuousClock.now - start) / .seconds(1), compressed.blocks)
  }

  /// Inflates the blocks, and inserts the rows of an archive file into tables with the same indexes, one
  /// after the other.
  static func cloning(_ blocks: [Block], of archive: URL, in folder: URL) throws -> Double {
    let database = try makeDatabase(in: folder)
    let start = ContinuousClock.now
    for block in blocks { _ = try Deflate.decompress(block.bytes, rawSize: block.raw) }
    try database.writeWithoutTransaction { db in
      try db.execute(sql: "ATTACH ? AS archive", arguments: [archive.path])
      try db.inTransaction {
        // Virtual tables have no rows of their own; their storage comes with them, and is of the search index.
        let tables = try Row.fetchAll(
          db,
          sql: """
            SELECT name, sql FROM archive.sqlite_schema
            WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE 'sqlite_%'
              AND name NOT LIKE '%search%'
            """
        )
        for table in tables { try db.execute(sql: table[1] as String) }
        let indexes = try Row.fetchAll(
          db,
          sql:
            "SELECT tbl_name, sql FROM archive.sqlite_schema WHERE type = 'index' AND sql NOT NULL"
        )
        let names = Set(tables.map { $0[0] as String })
        for index in indexes where names.contains(index[0]) {
          try db.execute(sql: index[1] as String)
        }
        for name in names.sorted() {
          // With a condition, so that SQLite does not copy pages.
          try db.execute(sql: "INSERT INTO \(name) SELECT * FROM archive.\(name) WHERE 1")
        }
        return .commit
      }
    }
    try database.close()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  struct Block: Sendable {
    let raw: Int
    let bytes: [UInt8]
  }

  static func makeDatabase(in folder: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    configuration.foreignKeysEnabled = false
    let database = try DatabaseQueue(
      path: folder.appending(path: "\(UUID().uuidString).db").path,
      configuration: configuration
    )
    try database.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL")
    }
    return database
  }
}

/// Blocks that are compressed out of order.
private final class BlockList: Sendable {
  private let list = Mutex<[Floor.Block?]>([])

  var blocks: [Floor.Block] { list.withLock { $0.compactMap(\.self) } }

  func reserve() -> Int {
    list.withLock { list in
      list.append(nil)
      return list.count - 1
    }
  }

  func set(_ block: Floor.Block, at place: Int) { list.withLock { $0[place] = block } }
}

/// One table with the columns of an article, in one transaction, on disk at the end.
private final class ArticleTable {
  private let database: DatabaseQueue

  init(in folder: URL) throws {
    database = try Floor.makeDatabase(in: folder)
    try database.writeWithoutTransaction { db in
      try db.beginTransaction()
      try db.execute(
        sql: "CREATE TABLE article (id TEXT, source TEXT, published TEXT, headline TEXT, body TEXT)"
      )
    }
  }

  func insert(_ article: ArticleVersion) throws {
    try database.writeWithoutTransaction { db in
      try db.cachedStatement(sql: "INSERT INTO article VALUES (?, ?, ?, ?, ?)").execute(arguments: [
        article.sourceID, article.source, article.published, article.headline, article.body,
      ])
    }
  }

  func close() throws {
    try database.writeWithoutTransaction { try $0.commit() }
    try database.close()
  }
}

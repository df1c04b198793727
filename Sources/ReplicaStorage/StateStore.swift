internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// The state of objects as rows: loads them, and writes what changed.
final class StateStore {
  let db: Database
  private var lanes: [Int64: LaneID] = [:]
  private var laneNumbers: [LaneID: Int64] = [:]
  /// Most archives have few deletions and edited texts; where a table is empty, nobody looks into it.
  private lazy var hasDeletions = isFilled("deletions")
  private lazy var hasTexts = isFilled("texts")

  let texts: TextStore
  private var preparedRows: StateRows?

  init(_ db: Database) {
    self.db = db
    texts = TextStore(db)
  }

  /// Prepared by the first write: most only read.
  private func rows() throws -> StateRows {
    if let preparedRows { return preparedRows }
    let rows = try StateRows(db)
    preparedRows = rows
    return rows
  }

  // MARK: - Numbers

  /// The local number of an object, and whether it was given just now.
  func number(of object: ObjectID) throws -> (number: Int64, isNew: Bool) {
    try rows().objects.execute([.integer(Int64(object.type)), .blob(object.bytes)])
    if db.changesCount == 1 { return (db.lastInsertedRowID, true) }
    guard let number = try existingNumber(of: object) else { throw LogFailure.damaged("state") }
    return (number, false)
  }

  func existingNumber(of object: ObjectID) throws -> Int64? {
    try RowStatement(db, "SELECT id FROM objects WHERE object = ? AND type = ?")
      .integer([.blob(object.bytes), .integer(Int64(object.type))])
  }

  /// The object that a raw input became.
  func object(ofRawInput raw: Hash) throws -> Int64? {
    try RowStatement(db, "SELECT object FROM raw_inputs WHERE raw = ?")
      .integer([.blob(raw.bytes)])
  }

  /// The id of an article; `nil` where its row is none.
  func article(_ number: Int64) throws -> ObjectID? {
    try Data.fetchOne(
      db.cachedStatement(sql: "SELECT object FROM objects WHERE id = ?"),
      arguments: [number]
    ).flatMap { ObjectID(type: ObjectType.article.rawValue, bytes: $0) }
  }

  func number(of lane: LaneID) throws -> Int64 {
    if let number = laneNumbers[lane] { return number }
    guard let number = try SQLiteLog(db).number(of: lane) else {
      throw LogFailure.gap(ChangeID(lane: lane, seq: 1))
    }
    laneNumbers[lane] = number
    return number
  }

  func lane(_ number: Int64) throws -> LaneID {
    if let lane = lanes[number] { return lane }
    let blob = try Data.fetchOne(
      db.cachedStatement(sql: "SELECT lane FROM lanes WHERE id = ?"),
      arguments: [number]
    )
    guard let blob, let lane = LaneID(blob) else { throw LogFailure.damaged("state") }
    lanes[number] = lane
    return lane
  }

  // MARK: - Loading

  func state(of object: Int64) throws -> ObjectState {
    ObjectState(
      entries: try entries(of: object),
      deletions: hasDeletions ? try deletions(of: object) : [],
      texts: hasTexts ? try texts.all(of: object) : []
    )
  }

  /// A text with all its edits; `nil` when nobody edited it.
  ///
  /// - Throws: `LogFailure.damaged` also where the edits do not come to the text: an edit that is planned on
  ///   one and signed for the other would spoil the text for everybody.
  func history(of text: TextID, in object: Int64) throws -> TextHistory? {
    let stored = try texts.edits(of: text, in: object)
    guard stored.count > 0 else { return nil }
    var replayed = EditedText(base: try base(of: text, in: object))
    replayed.apply(try stored.edits(0..<stored.count))
    guard replayed.history.edits.count == stored.count,
      let state = try texts.text(text, of: object),
      state.heads == replayed.heads, state.content.utf8.elementsEqual(replayed.content.utf8)
    else { throw LogFailure.damaged("state") }
    return replayed.history
  }

  private func isFilled(_ table: String) -> Bool {
    (try? Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table))")) ?? true
  }

  private func entries(of object: Int64) throws -> [Entry] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT field, lane, seq, operation, kind, time, value FROM entries WHERE object = ?"
      ),
      arguments: [object]
    )
    var entries: [Entry] = []
    while let row = try rows.next() {
      guard let kind = Entry.Kind(rawValue: try row.decode(atIndex: 4)) else {
        throw LogFailure.damaged("state")
      }
      entries.append(
        Entry(
          field: try row.decode(atIndex: 0),
          dot: try dot(
            lane: row.decode(atIndex: 1),
            seq: row.decode(atIndex: 2),
            index: row.decode(atIndex: 3)
          ),
          kind: kind,
          time: try row.decode(atIndex: 5),
          value: Array(try row.decode(atIndex: 6) as Data)
        )
      )
    }
    return entries
  }

  /// An operation's name as a row has it.
  private func dot(lane number: Int64, seq: Int64, index: Int64) throws -> Dot {
    guard let index = UInt32(exactly: index) else { throw LogFailure.damaged("state") }
    return Dot(
      lane: try lane(number),
      seq: try UInt64(storedSeq: seq, of: "state"),
      index: index
    )
  }

  private func deletions(of object: Int64) throws -> [Deletion] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT lane, seq, operation, covers FROM deletions WHERE object = ?"
      ),
      arguments: [object]
    )
    var deletions: [Deletion] = []
    while let row = try rows.next() {
      deletions.append(
        Deletion(
          dot: try dot(
            lane: row.decode(atIndex: 0),
            seq: row.decode(atIndex: 1),
            index: row.decode(atIndex: 2)
          ),
          covers: try [Dot](stored: row.decode(atIndex: 3))
        )
      )
    }
    return deletions
  }

  /// The text before any edit: the version's body, or nothing.
  func base(of text: TextID, in object: Int64) throws -> String {
    guard let version = VersionName(text.version) else { return "" }
    return try body(of: version, in: object) ?? ""
  }

  func body(of version: VersionName, in object: Int64) throws -> String? {
    try record(of: version, in: object).flatMap { ArticleVersion(record: $0)?.body }
  }

  func record(of version: VersionName, in object: Int64) throws -> [UInt8]? {
    try Data.fetchOne(
      db.cachedStatement(sql: "SELECT record FROM versions WHERE object = ? AND name = ?"),
      arguments: [object, version.bytes.blob]
    ).map { Array($0) }
  }

  /// The records of an article's versions that can be read.
  func versions(of object: Int64) throws -> [VersionName: ArticleVersion] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT name, record FROM versions WHERE object = ?"),
      arguments: [object]
    )
    var versions: [VersionName: ArticleVersion] = [:]
    while let row = try rows.next() {
      guard let name = VersionName(try row.decode(atIndex: 0) as Data) else {
        throw LogFailure.damaged("state")
      }
      versions[name] = ArticleVersion(record: Array(try row.decode(atIndex: 1) as Data))
    }
    return versions
  }

  // MARK: - Saving

  /// Writes the difference between the entries and deletions of two states of an object.
  func save(_ new: ObjectState, over old: ObjectState, of object: Int64) throws {
    let oldEntries = Set(old.entries)
    for entry in new.entries where !oldEntries.contains(entry) { try save(entry, of: object) }
    if !old.entries.isEmpty {
      let newEntries = Set(new.entries)
      for entry in old.entries where !newEntries.contains(entry) {
        try db.cachedStatement(
          sql: """
            DELETE FROM entries
            WHERE object = ? AND field = ? AND lane = ? AND seq = ? AND operation = ?
            """
        ).execute(arguments: [
          object, Int64(entry.field), try number(of: entry.dot.lane), Int64(entry.dot.seq),
          Int64(entry.dot.index),
        ])
      }
    }
    try saveDeletions(new, over: old, of: object)
  }

  private func save(_ entry: Entry, of object: Int64) throws {
    try rows().entries.execute([
      .integer(object), .integer(Int64(entry.field)), .integer(try number(of: entry.dot.lane)),
      .integer(Int64(entry.dot.seq)), .integer(Int64(entry.dot.index)),
      .integer(Int64(entry.kind.rawValue)), .integer(entry.time), .blob(entry.value),
    ])
  }

  /// Writes everything of an object that was not there before.
  func save(_ object: FreshObject, number: Int64) throws {
    for entry in object.state.entries { try save(entry, of: number) }
    try saveDeletions(object.state, over: ObjectState(), of: number)
    for (name, record) in object.records { try insert(record: record, named: name, of: number) }
    for raw in object.rawInputs { try save(rawInput: raw, of: number) }
    if let row = object.articleRow { try rows().newArticles.execute([.integer(number)] + row) }
  }

  /// Keeps which article a raw input became first.
  func save(rawInput: Hash, of object: Int64) throws {
    try rows().rawInputs.execute([.blob(rawInput.bytes), .integer(object)])
  }

  /// Writes how an article is listed.
  ///
  /// - `articleRow`: of ``ArticleRow/values(of:)``.
  func save(articleRow: [RowValue], number: Int64) throws {
    try rows().articles.execute([.integer(number)] + articleRow)
  }

  /// Keeps which object the change at a position of the log is about.
  func save(touch position: UInt64, object: Int64) throws {
    try rows().touches.execute([.integer(Int64(position)), .integer(object)])
  }

  /// Forgets the digest of a bucket.
  func forgetDigest(ofBucket bucket: Int) throws {
    try rows().digestBuckets.execute([.integer(Int64(bucket))])
  }

  /// Forgets the digest of an object.
  func forgetDigest(of object: ObjectID) throws {
    try db.cachedStatement(sql: "DELETE FROM object_digests WHERE object = ? AND type = ?")
      .execute(arguments: [object.bytes.blob, object.type])
  }

  private func saveDeletions(_ new: ObjectState, over old: ObjectState, of object: Int64) throws {
    let oldDots = Set(old.deletions.map(\.dot))
    for deletion in new.deletions where !oldDots.contains(deletion.dot) {
      try db.cachedStatement(
        sql: "INSERT INTO deletions (object, lane, seq, operation, covers) VALUES (?, ?, ?, ?, ?)"
      ).execute(arguments: [
        object, try number(of: deletion.dot.lane), Int64(deletion.dot.seq),
        Int64(deletion.dot.index), deletion.covers.bytes.blob,
      ])
    }
    if !new.deletions.isEmpty { hasDeletions = true }
    let newDots = Set(new.deletions.map(\.dot))
    for deletion in old.deletions where !newDots.contains(deletion.dot) {
      try db.cachedStatement(
        sql: "DELETE FROM deletions WHERE object = ? AND lane = ? AND seq = ? AND operation = ?"
      ).execute(arguments: [
        object, try number(of: deletion.dot.lane), Int64(deletion.dot.seq),
        Int64(deletion.dot.index),
      ])
    }
  }

  /// Writes a text with the edits that came to it.
  func save(_ text: TextState, adding edits: [TextEdit], of object: Int64) throws {
    hasTexts = true
    try texts.save(text, adding: edits, of: object)
  }

  /// Keeps a version's record, once.
  func save(record: [UInt8], named name: VersionName, of object: Int64, isNew: Bool) throws {
    if !isNew, try self.record(of: name, in: object) != nil { return }
    try insert(record: record, named: name, of: object)
  }

  private func insert(record: [UInt8], named name: VersionName, of object: Int64) throws {
    try rows().versions.execute([.integer(object), .blob(name.bytes), .blob(record)])
  }
}

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

  /// Where the records of versions lie, by name, of objects that somebody asked for.
  ///
  /// The table has them by object: to look for each name anew would read as many rows as the object has
  /// versions.
  private var versionRows: [Int64: [VersionName: Int64]] = [:]
  private var versionRowCount = 0
  /// Names in memory above which those of earlier objects are forgotten: about 20 MB.
  private static let versionRowLimit = 1 << 18

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

  /// The id of an object.
  ///
  /// - Throws: `LogFailure.damaged` where its row is none.
  func id(of object: Int64) throws -> ObjectID {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT type, object FROM objects WHERE id = ?"),
      arguments: [object]
    )
    guard let row,
      let id = try ObjectID(type: row.decode(atIndex: 0), bytes: row.decode(atIndex: 1) as Data)
    else { throw LogFailure.damaged("state") }
    return id
  }

  /// The id of an article; `nil` where its row is none.
  func article(_ number: Int64) throws -> ObjectID? {
    try Data.fetchOne(
      db.cachedStatement(sql: "SELECT object FROM objects WHERE id = ?"),
      arguments: [number]
    ).flatMap { ObjectID(type: ObjectType.article.rawValue, bytes: $0) }
  }

  func number(of lane: LaneID) throws -> Int64 {
    guard let number = try existingNumber(of: lane) else {
      throw LogFailure.gap(ChangeID(lane: lane, seq: 1))
    }
    return number
  }

  private func existingNumber(of lane: LaneID) throws -> Int64? {
    if let number = laneNumbers[lane] { return number }
    let number = try SQLiteLog(db).number(of: lane)
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

  /// What is looked at of an object: all that is there, unless it is large (``ObjectWindow``).
  func state(of object: Int64) throws -> ObjectState {
    try whole(object) ?? window(of: object)
  }

  /// All that is there of an object; `nil` where it is large.
  func whole(_ object: Int64) throws -> ObjectState? {
    do {
      var budget = ByteBudget(ObjectWindow.wholeByteLimit)
      return ObjectState(
        entries: try entries(of: object, &budget),
        deletions: hasDeletions ? try deletions(of: object, &budget) : [],
        texts: hasTexts ? try texts.all(of: object, &budget) : []
      )
    } catch is ByteBudget.Exceeded {
      return nil
    }
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

  private func entries(of object: Int64, _ budget: inout ByteBudget) throws -> [Entry] {
    var entries: [Entry] = []
    try forEachEntry("WHERE object = ?", [object]) { entry in
      try budget.take(ObjectWindow.byteCount(of: entry))
      entries.append(entry)
    }
    return entries
  }

  private func deletions(of object: Int64, _ budget: inout ByteBudget) throws -> [Deletion] {
    var deletions: [Deletion] = []
    try forEachDeletion("WHERE object = ?", [object]) { deletion in
      try budget.take(ObjectWindow.byteCount(of: deletion))
      deletions.append(deletion)
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
    guard let row = try row(of: version, in: object) else { return nil }
    return try Data.fetchOne(
      db.cachedStatement(sql: "SELECT record FROM versions WHERE rowid = ?"),
      arguments: [row]
    ).map { Array($0) }
  }

  /// Where the record of a version lies; `nil` where it is not there.
  private func row(of version: VersionName, in object: Int64) throws -> Int64? {
    if let rows = versionRows[object] { return rows[version] }
    if versionRowCount > Self.versionRowLimit { (versionRows, versionRowCount) = ([:], 0) }
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT name, rowid FROM versions WHERE object = ?"),
      arguments: [object]
    )
    var known: [VersionName: Int64] = [:]
    while let row = try rows.next() {
      // In a damaged row it may be no name, and then it is not the one that is looked for.
      guard let name = Data.fromDatabaseValue(row[0]).flatMap({ VersionName($0) }) else { continue }
      if known[name] == nil { known[name] = try row.decode(atIndex: 1) }
    }
    versionRows[object] = known
    versionRowCount += known.count
    return known[version]
  }

  /// The version that an operation on an article added.
  func version(broughtBy dot: Dot, to object: Int64) throws -> VersionName? {
    guard let stored = try self.stored(dot) else { return nil }
    return try Data.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT value FROM entries
          WHERE object = ? AND field = ? AND lane = ? AND seq = ? AND operation = ?
          """
      ),
      arguments: [
        object, Int64(ArticleField.versions.rawValue), stored.lane, stored.seq, stored.index,
      ]
    ).flatMap { VersionName($0) }
  }

  /// An operation's name as rows have it; `nil` where none can have it.
  private func stored(_ dot: Dot) throws -> (lane: Int64, seq: Int64, index: Int64)? {
    guard let lane = try existingNumber(of: dot.lane), let seq = Int64(exactly: dot.seq) else {
      return nil
    }
    return (lane, seq, Int64(dot.index))
  }

  /// Whether an article has the record of a version.
  func holds(_ version: VersionName, in object: Int64) throws -> Bool {
    try row(of: version, in: object) != nil
  }

  /// The records of an article's versions that can be read, of many the newest (``ObjectWindow``).
  func versions(of object: Int64) throws -> [VersionName: ArticleVersion] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT name, record FROM versions WHERE object = ?"),
      arguments: [object]
    )
    var budget = ByteBudget(ObjectWindow.versionsByteLimit)
    var versions: [VersionName: ArticleVersion] = [:]
    while let row = try rows.next() {
      guard let name = VersionName(try row.decode(atIndex: 0) as Data) else {
        throw LogFailure.damaged("state")
      }
      let record = Array(try row.decode(atIndex: 1) as Data)
      do {
        try budget.take(ObjectWindow.byteCount(ofVersion: record))
      } catch {
        return try newestVersions(of: object)
      }
      versions[name] = ArticleVersion(record: record)
    }
    return versions
  }

  // MARK: - Saving

  /// Carries out one operation on an object, row by row, as `ObjectState.apply` does in memory.
  func apply(
    _ operation: MergeOperation,
    at dot: Dot,
    time: Int64,
    to object: Int64
  ) throws {
    switch operation {
    case .write(let field, let replaced, let value):
      try drop(replaced, from: field, kind: .write, of: object)
      try save(
        Entry(field: field, dot: dot, kind: .write, time: time, value: value),
        of: object
      )
    case .add(let field, let element):
      try save(
        Entry(field: field, dot: dot, kind: .add, time: time, value: element),
        of: object
      )
    case .remove(let field, let adds):
      try drop(adds, from: field, kind: .add, of: object)
    case .delete(let covered):
      try save(Deletion(dot: dot, covers: covered.sorted()), of: object)
    case .restore(let lifted):
      try drop(lifted, of: object)
    }
  }

  private func drop(
    _ dots: [Dot],
    from field: UInt32,
    kind: Entry.Kind,
    of object: Int64
  ) throws {
    // Who names one again and again has it looked for once.
    for dot in Set(dots) {
      guard let dot = try stored(dot) else { continue }
      try rows().droppedEntries.execute([
        .integer(object), .integer(Int64(field)), .integer(dot.lane), .integer(dot.seq),
        .integer(dot.index), .integer(Int64(kind.rawValue)),
      ])
    }
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
    for deletion in object.state.deletions { try save(deletion, of: number) }
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

  private func save(_ deletion: Deletion, of object: Int64) throws {
    hasDeletions = true
    try db.cachedStatement(
      sql: "INSERT INTO deletions (object, lane, seq, operation, covers) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [
      object, try number(of: deletion.dot.lane), Int64(deletion.dot.seq),
      Int64(deletion.dot.index), deletion.covers.bytes.blob,
    ])
  }

  /// Lifts deletions.
  private func drop(_ deletions: [Dot], of object: Int64) throws {
    guard hasDeletions else { return }
    for deletion in Set(deletions) {
      guard let dot = try stored(deletion) else { continue }
      try db.cachedStatement(
        sql: "DELETE FROM deletions WHERE object = ? AND lane = ? AND seq = ? AND operation = ?"
      ).execute(arguments: [object, dot.lane, dot.seq, dot.index])
    }
  }

  /// Writes a text with the edits that came to it.
  func save(_ text: TextState, adding edits: [TextEdit], of object: Int64) throws {
    hasTexts = true
    try texts.save(text, adding: edits, of: object)
  }

  /// Keeps a version's record, once.
  func save(record: [UInt8], named name: VersionName, of object: Int64) throws {
    if try row(of: name, in: object) == nil {
      try insert(record: record, named: name, of: object)
    }
  }

  private func insert(record: [UInt8], named name: VersionName, of object: Int64) throws {
    try rows().versions.execute([.integer(object), .blob(name.bytes), .blob(record)])
    guard versionRows[object] != nil else { return }
    versionRows[object]?[name] = db.lastInsertedRowID
    versionRowCount += 1
  }
}

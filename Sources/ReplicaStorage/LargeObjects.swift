internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import GRDB

/// Objects that need not fit into memory.
extension StateStore {
  /// The digest of an object's state: of all of it, also where it is large.
  func digest(of id: ObjectID, number: Int64) throws -> Hash {
    if let state = try whole(number) { return StateDigest.digest(of: id, in: state) }
    var digest = ObjectDigest(of: id)
    digest.append(count: try count(of: "entries", number))
    for field in try fields(of: number) {
      try forEachEntry(of: field, in: number) { digest.append($0) }
    }
    digest.append(count: try count(of: "deletions", number))
    try forEachDeletion(of: number) { digest.append($0) }
    digest.append(count: try count(of: "texts", number))
    try texts.forEach(of: number) { digest.append($0) }
    return digest.finished()
  }

  /// What is looked at of a large object.
  func window(of object: Int64) throws -> ObjectState {
    let type = try id(of: object).type
    return ObjectState(
      entries: try FieldName.all(ofType: type).flatMap { try newestEntries(of: $0, in: object) },
      deletions: try smallestDeletions(of: object),
      texts: try smallestTexts(of: object, in: FieldName.texts(ofType: type)),
      isWhole: false
    )
  }

  /// Sees that a text which is there is looked at: who edits without seeing it writes it a second time.
  ///
  /// - Throws: ``ReplicaFailure/unacceptable(_:)``.
  func expectText(_ text: TextID, of object: Int64, in state: ObjectState) throws {
    guard state.text(text) == nil, try texts.text(text, of: object) != nil else { return }
    throw ReplicaFailure.unacceptable(
      "\(try id(of: object).bytes.hex.prefix(8)) has more texts than are looked at, and this one is not among "
        + "them: write a note on it instead"
    )
  }

  /// The records of an article with more versions than are looked at: the pinned one, and the newest.
  func newestVersions(of object: Int64) throws -> [VersionName: ArticleVersion] {
    let pins = ObjectState(entries: try newestEntries(of: ArticleField.pin.rawValue, in: object))
    let newest = try newestEntries(of: ArticleField.versions.rawValue, in: object)
      .compactMap { VersionName($0.value) }
    var budget = ByteBudget(ObjectWindow.versionsByteLimit)
    var versions: [VersionName: ArticleVersion] = [:]
    var seen: Set<VersionName> = []
    for name in (pins.pinnedVersion.map { [$0] } ?? []) + newest {
      guard seen.insert(name).inserted, let record = try record(of: name, in: object) else {
        continue
      }
      do {
        try budget.take(ObjectWindow.byteCount(ofVersion: record))
      } catch {
        break
      }
      versions[name] = ArticleVersion(record: record)
    }
    return versions
  }

  private func newestEntries(of field: UInt32, in object: Int64) throws -> [Entry] {
    var newest = NewestEntries(byteLimit: ObjectWindow.fieldByteLimit)
    try forEachEntry("WHERE object = ? AND field = ?", [object, Int64(field)]) { newest.show($0) }
    return newest.finished()
  }

  private func smallestDeletions(of object: Int64) throws -> [Deletion] {
    var byteCounts: [Int] = []
    try forEachDeletion(of: object) { byteCounts.append(ObjectWindow.byteCount(of: $0)) }
    let places = Set(
      ObjectWindow.smallest(byteCounts, byteLimit: ObjectWindow.fieldByteLimit)
    )
    var deletions: [Deletion] = []
    var place = 0
    try forEachDeletion(of: object) { deletion in
      if places.contains(place) { deletions.append(deletion) }
      place += 1
    }
    return deletions
  }

  private func smallestTexts(of object: Int64, in fields: Set<UInt32>) throws -> [TextState] {
    var found: [(id: TextID, byteCount: Int)] = []
    try texts.forEach(of: object) { text in
      guard fields.contains(text.id.field) else { return }
      found.append((text.id, ObjectWindow.byteCount(of: text)))
    }
    return try ObjectWindow.smallest(
      found.map(\.byteCount),
      byteLimit: ObjectWindow.textsByteLimit
    ).compactMap { try texts.text(found[$0].id, of: object) }
  }

  // MARK: - Rows in their order

  /// Visits the entries of a field, ascending by dot.
  private func forEachEntry(
    of field: UInt32,
    in object: Int64,
    _ body: (Entry) throws -> Void
  ) throws {
    let numbers = try Int64.fetchAll(
      db.cachedStatement(sql: "SELECT DISTINCT lane FROM entries WHERE object = ? AND field = ?"),
      arguments: [object, Int64(field)]
    )
    for number in try ascending(numbers) {
      try forEachEntry(
        "WHERE object = ? AND field = ? AND lane = ? ORDER BY seq, operation",
        [object, Int64(field), number],
        body
      )
    }
  }

  /// Visits the deletions of an object, ascending by dot.
  private func forEachDeletion(of object: Int64, _ body: (Deletion) throws -> Void) throws {
    let numbers = try Int64.fetchAll(
      db.cachedStatement(sql: "SELECT DISTINCT lane FROM deletions WHERE object = ?"),
      arguments: [object]
    )
    for number in try ascending(numbers) {
      try forEachDeletion(
        "WHERE object = ? AND lane = ? ORDER BY seq, operation",
        [object, number],
        body
      )
    }
  }

  /// The numbers of lanes by their ids: so no sort needs to hold whole rows.
  private func ascending(_ lanes: [Int64]) throws -> [Int64] {
    try lanes.map { (number: $0, id: try lane($0)) }.sorted { $0.id < $1.id }.map(\.number)
  }

  private func fields(of object: Int64) throws -> [UInt32] {
    try UInt32.fetchAll(
      db.cachedStatement(
        sql: "SELECT DISTINCT field FROM entries WHERE object = ? ORDER BY field"
      ),
      arguments: [object]
    )
  }

  private func count(of table: String, _ object: Int64) throws -> Int {
    try Int.fetchOne(
      db.cachedStatement(sql: "SELECT count(*) FROM \(table) WHERE object = ?"),
      arguments: [object]
    ) ?? 0
  }
}

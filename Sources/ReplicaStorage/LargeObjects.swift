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
    let fields = FieldName.all(ofType: try id(of: object).type)
    return ObjectState(
      entries: try fields.flatMap { try newestEntries(of: $0, in: object) },
      deletions: try first(ObjectWindow.fieldByteLimit) { show in
        try forEachDeletion(of: object) { try show($0, ObjectWindow.byteCount(of: $0)) }
      },
      texts: try first(ObjectWindow.wholeByteLimit) { show in
        try texts.forEach(of: object) { try show($0, ObjectWindow.byteCount(of: $0)) }
      }
    )
  }

  /// The records of an article with more versions than are looked at: the newest.
  func newestVersions(of object: Int64) throws -> [VersionName: ArticleVersion] {
    var budget = ByteBudget(ObjectWindow.versionsByteLimit)
    var versions: [VersionName: ArticleVersion] = [:]
    var seen: Set<VersionName> = []
    for entry in try newestEntries(of: ArticleField.versions.rawValue, in: object) {
      guard let name = VersionName(entry.value), seen.insert(name).inserted,
        let record = try record(of: name, in: object)
      else { continue }
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

  /// The first elements that are shown, as many as come to a number of bytes.
  ///
  /// - `visit`: shows each with its size, bytes.
  private func first<Element>(
    _ byteLimit: Int,
    _ visit: (_ show: (Element, _ byteCount: Int) throws -> Void) throws -> Void
  ) throws -> [Element] {
    var budget = ByteBudget(byteLimit)
    var elements: [Element] = []
    do {
      try visit { element, byteCount in
        try budget.take(byteCount)
        elements.append(element)
      }
    } catch is ByteBudget.Exceeded {}
    return elements
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

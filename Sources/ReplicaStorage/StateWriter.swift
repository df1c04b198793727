internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Applies changes to the current state, in log order, inside the transaction that appends them.
final class StateWriter {
  private let db: Database
  let store: StateStore
  private var dirtyBuckets: Set<Int> = []
  /// Objects that were there before and have changed.
  private var dirtyObjects: Set<ObjectID> = []
  /// Objects whose rows in lists, and in the list of what waits for review, are older than their values.
  private var unshown: [Int64: ObjectID] = [:]
  /// Objects of which something is remembered, above which it is written and forgotten: about 20 MB.
  ///
  /// A rebuild is one transaction, too.
  private static let rememberedLimit = 1 << 18
  /// Edits of texts that are not merged yet, by object, in the order of the log.
  private var waiting: [Int64: WaitingEdits] = [:]
  private var waitingByteCount = 0
  /// Edits that wait in memory, bytes: each time so many are there, the texts that they are of are written
  /// once, so a smaller number has large texts written more often.
  private static let waitingByteLimit = 16 << 20
  /// Whether versions that were edited can be read, by object.
  ///
  /// For the whole transaction: the name of a version is that of its bytes, and whoever edits it has it.
  private var readable: [Int64: [VersionName: Bool]] = [:]
  private var readableCount = 0

  init(_ db: Database) {
    self.db = db
    store = StateStore(db)
  }

  /// Applies one change.
  ///
  /// What it costs follows the change, however large its object is: values are written as they come, one by
  /// one, and what is made of the whole object waits for ``finish()``. Edits of texts wait too, to be
  /// merged with others that come to the same object: until ``settle(_:)``, until more wait than memory
  /// should hold, or until the transaction's end.
  /// - `position`: its place in the log.
  /// - `read`: what the change says, where somebody has read it already.
  func apply(_ change: Change, at position: UInt64, read: ReadChange? = nil) throws {
    guard let payload = read.map(\.payload) ?? (try? ChangePayload(of: change)) else {
      return try note(unreadable: position)
    }
    // Not one that names what its author cannot have seen: no version will read that.
    if payload.operations.contains(where: { $0?.isOfKnownKind == false }) {
      try note(unreadable: position)
    }
    let (number, isNew) = try store.number(of: payload.object)
    try store.save(touch: position, object: number)
    if let undone = payload.undoes { try ActionIndex(db, store).keep(undone, undoneBy: change) }
    dirtyBuckets.insert(StateDigest.bucket(of: payload.object))
    if !isNew { dirtyObjects.insert(payload.object) }
    let fresh =
      isNew
      ? read.map(\.fresh) ?? FreshObject(payload, header: change.header, lane: change.lane) : nil
    if unshown.count + readableCount + dirtyObjects.count > Self.rememberedLimit { try forget() }
    guard let fresh else {
      unshown[number] = payload.object
      try merge(payload, of: change, into: number)
      return
    }
    try store.save(fresh, number: number)
    if !ReviewItem.hasNothing(fresh.state) {
      unshown[number] = payload.object
    } else if fresh.articleRow == nil {
      try list(payload.object, number: number, state: fresh.state)
    }
  }

  private func note(unreadable position: UInt64) throws {
    try db.execute(
      sql: "INSERT INTO unreadable (position) VALUES (?)",
      arguments: [Int64(position)]
    )
  }

  /// Merges a change into an object.
  private func merge(
    _ payload: ChangePayload,
    of change: Change,
    into number: Int64
  ) throws {
    let interpretation = Interpretation { try self.isReadable($0, in: number) }
    for (index, operation) in payload.operations.enumerated() {
      guard let operation else { continue }
      let dot = Dot(lane: change.lane, seq: change.header.seq, index: UInt32(index))
      let meaning = try interpretation.meaning(of: operation, at: dot, on: payload.object) {
        try store.version(broughtBy: $0, to: number)
      }
      switch meaning {
      case .merge(let merge):
        try store.apply(merge, at: dot, time: change.header.time, to: number)
        switch KeptContent(of: operation, on: payload.object, merging: merge) {
        case .version(let name, _):
          try store.save(record: operation.body, named: name, of: number)
        case .rawInput(let raw): try store.save(rawInput: raw, of: number)
        case nil: break
        }
      case .edit(let edit):
        waiting[number, default: WaitingEdits()].append(edit)
        waitingByteCount += Self.byteCount(of: operation)
      case nil: continue
      }
    }
    if waitingByteCount > Self.waitingByteLimit { try settleAll() }
  }

  private func isReadable(_ version: VersionName, in number: Int64) throws -> Bool {
    if let isReadable = readable[number]?[version] { return isReadable }
    let isReadable = try store.body(of: version, in: number) != nil
    readable[number, default: [:]][version] = isReadable
    readableCount += 1
    return isReadable
  }

  /// Merges the edits that wait for an object, so that all its values are those that came so far.
  func settle(_ object: ObjectID) throws {
    guard !waiting.isEmpty, let number = try store.existingNumber(of: object),
      let edits = waiting.removeValue(forKey: number)
    else { return }
    try settle(number, edits)
    if waiting.isEmpty { waitingByteCount = 0 }
  }

  /// About what an edit takes in memory while it waits.
  private static func byteCount(of operation: ChangeLog.Operation) -> Int {
    operation.body.count + 64 + 32 * operation.names.count
  }

  private func settleAll() throws {
    for (number, edits) in waiting { try settle(number, edits) }
    waiting = [:]
    waitingByteCount = 0
  }

  /// What the edits of a text weigh, with those that wait.
  func weight(of text: TextID, in number: Int64) throws -> Int {
    try store.texts.weight(of: text, in: number) + (waiting[number]?.weights[text] ?? 0)
  }

  private func settle(_ number: Int64, _ waiting: WaitingEdits) throws {
    for (id, edits) in Dictionary(grouping: waiting.edits, by: \.text) {
      var text =
        try store.texts.text(id, of: number)
        ?? TextState(id: id, base: store.base(of: id, in: number))
      let before = text.weight
      let taken = try text.merge(edits.map(\.edit), onto: store.texts.edits(of: id, in: number)) {
        try store.base(of: id, in: number)
      }
      // A text is there once an edit of it took effect, and every edit weighs something.
      if text.weight != before { try store.save(text, adding: taken, of: number) }
    }
  }

  /// Brings the rows up to date by which an object is listed, also among what waits for review.
  private func show(_ object: ObjectID, number: Int64) throws {
    let state = try store.state(of: number)
    try list(object, number: number, state: state)
    if ReviewItem.hasNothing(state) {
      try store.saveReviewItems([], number: number)
    } else {
      try store.saveReviewItems(of: state, number: number)
    }
  }

  /// Writes the row by which an object is listed.
  private func list(_ object: ObjectID, number: Int64, state: ObjectState) throws {
    switch ObjectType(rawValue: object.type) {
    case .article:
      let article = Article(id: object, state: state, versions: try store.versions(of: number))
      try store.save(articleRow: ArticleRow.values(of: article), number: number)
    case .annotation:
      guard let entry = state.entries(of: AnnotationField.target.rawValue).shown,
        let target = AnnotationTarget(entry.value)
      else {
        try db.execute(sql: "DELETE FROM annotations WHERE object = ?", arguments: [number])
        return
      }
      try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO annotations (object, article, is_live) VALUES (?, ?, ?)"
      ).execute(arguments: [number, target.article.bytes.blob, state.isLive])
    case .collection:
      let collection = ArticleCollection(id: object, state: state)
      try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO collections (object, is_live, name) VALUES (?, ?, ?)"
      ).execute(arguments: [number, collection.isLive, collection.name])
    case .profile, .archive, nil:
      return
    }
  }

  /// Writes what is made of whole objects, and forgets which they were.
  private func forget() throws {
    try settleAll()
    // Once for an object, however many changes came to it, since all of it is read; in the order in which
    // the rows lie.
    for (number, object) in unshown.sorted(by: { $0.key < $1.key }) {
      try show(object, number: number)
    }
    unshown.removeAll()
    (readable, readableCount) = ([:], 0)
    for object in dirtyObjects { try store.forgetDigest(of: object) }
    dirtyObjects.removeAll()
  }

  /// Ends the transaction's work on the state.
  func finish() throws {
    try forget()
    for bucket in dirtyBuckets { try store.forgetDigest(ofBucket: bucket) }
    dirtyBuckets.removeAll()
  }
}

/// Edits of an object's texts that are not merged yet.
private struct WaitingEdits {
  /// In the order of the log.
  private(set) var edits: [TextOperation] = []
  /// What those of each text weigh, bytes.
  private(set) var weights: [TextID: Int] = [:]

  mutating func append(_ edit: TextOperation) {
    edits.append(edit)
    weights[edit.text, default: 0] += TextWeight.of(edit.edit)
  }
}

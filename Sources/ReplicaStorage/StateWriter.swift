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
  /// Objects of which something may wait for review.
  private var toReview: Set<Int64> = []
  /// Edits of texts that are not merged yet, by object.
  private var waiting: [Int64: Waiting] = [:]
  private var waitingByteCount = 0
  /// Edits that wait in memory, bytes.
  private static let waitingByteLimit = 16 << 20

  private struct Waiting {
    let object: ObjectID
    /// In the order of the log.
    var edits: [TextOperation]
  }

  init(_ db: Database) {
    self.db = db
    store = StateStore(db)
  }

  /// Applies one change.
  ///
  /// Edits of texts wait, to be merged with others that come to the same object: until
  /// ``settle(_:)``, until more wait than memory should hold, or until the transaction's end.
  /// - `position`: its place in the log.
  /// - `read`: what the change says, where somebody has read it already.
  func apply(_ change: Change, at position: UInt64, read: ReadChange? = nil) throws {
    guard let payload = read.map(\.payload) ?? (try? ChangePayload(of: change)) else {
      try db.execute(
        sql: "INSERT INTO unreadable (position) VALUES (?)",
        arguments: [Int64(position)]
      )
      return
    }
    let (number, isNew) = try store.number(of: payload.object)
    try store.save(touch: position, object: number)
    if let undone = payload.undoes { try ActionIndex(db, store).keep(undone, undoneBy: change) }
    dirtyBuckets.insert(StateDigest.bucket(of: payload.object))
    if !isNew { dirtyObjects.insert(payload.object) }
    let fresh =
      isNew
      ? read.map(\.fresh) ?? FreshObject(payload, header: change.header, lane: change.lane) : nil
    if let fresh {
      try store.save(fresh, number: number)
      if !ReviewItem.hasNothing(fresh.state) { toReview.insert(number) }
      if fresh.articleRow == nil {
        try list(payload.object, number: number, state: fresh.state, versions: nil)
      }
    } else {
      try merge(payload, of: change, into: number, isNew: isNew)
    }
  }

  /// Merges a change into an object.
  private func merge(
    _ payload: ChangePayload,
    of change: Change,
    into number: Int64,
    isNew: Bool
  ) throws {
    var edits = waiting.removeValue(forKey: number)?.edits ?? []
    let old = isNew ? ObjectState() : try store.state(of: number)
    var new = old
    var readable: [VersionName: Bool] = [:]
    let interpretation = Interpretation { [store] version in
      if let isReadable = readable[version] { return isReadable }
      let isReadable = try store.body(of: version, in: number) != nil
      readable[version] = isReadable
      return isReadable
    }
    var versions: [VersionName: ArticleVersion] = [:]
    for (index, operation) in payload.operations.enumerated() {
      guard let operation else { continue }
      let dot = Dot(lane: change.lane, seq: change.header.seq, index: UInt32(index))
      switch try interpretation.meaning(of: operation, at: dot, on: payload.object, in: new) {
      case .merge(let merge):
        new.apply(merge, at: dot, time: change.header.time)
        switch KeptContent(of: operation, on: payload.object, merging: merge) {
        case .version(let name, let version):
          let isFirst = isNew && versions.isEmpty
          versions[name] = version
          try store.save(record: operation.body, named: name, of: number, isNew: isFirst)
        case .rawInput(let raw): try store.save(rawInput: raw, of: number)
        case nil: break
        }
      case .edit(let edit):
        edits.append(edit)
        waitingByteCount += Self.byteCount(of: operation)
      case nil: continue
      }
    }
    try store.save(new, over: old, of: number)
    if edits.isEmpty {
      try show(
        payload.object,
        number: number,
        state: new,
        versions: isNew ? versions : nil,
        isNew: isNew
      )
    } else {
      waiting[number] = Waiting(object: payload.object, edits: edits)
      if waitingByteCount > Self.waitingByteLimit { try settleAll() }
    }
  }

  /// Merges the edits that wait for an object.
  func settle(_ object: ObjectID) throws {
    guard !waiting.isEmpty, let number = try store.existingNumber(of: object),
      let waiting = waiting.removeValue(forKey: number)
    else { return }
    try settle(number, waiting)
    if self.waiting.isEmpty { waitingByteCount = 0 }
  }

  /// About what an edit takes in memory while it waits.
  private static func byteCount(of operation: ChangeLog.Operation) -> Int {
    operation.body.count + 64 + 32 * operation.names.count
  }

  private func settleAll() throws {
    for (number, waiting) in waiting { try settle(number, waiting) }
    waiting = [:]
    waitingByteCount = 0
  }

  private func settle(_ number: Int64, _ waiting: Waiting) throws {
    var state = try store.state(of: number)
    for (text, edits) in Dictionary(grouping: waiting.edits, by: \.text) {
      let taken = try state.merge(
        edits.map(\.edit),
        into: text,
        base: try store.base(of: text, in: number),
        onto: try store.texts.edits(of: text, in: number)
      )
      guard !taken.isEmpty, let merged = state.text(text) else { continue }
      try store.save(merged, adding: taken, of: number)
    }
    try show(waiting.object, number: number, state: state, versions: nil, isNew: false)
  }

  /// Brings the rows up to date by which objects are listed.
  private func show(
    _ object: ObjectID,
    number: Int64,
    state: ObjectState,
    versions: [VersionName: ArticleVersion]?,
    isNew: Bool
  ) throws {
    if !ReviewItem.hasNothing(state) {
      toReview.insert(number)
    } else if !isNew {
      try store.saveReviewItems([], number: number)
    }
    try list(object, number: number, state: state, versions: versions)
  }

  /// Writes the row by which an object is listed.
  ///
  /// - `versions`: of an article; `nil`: those that are stored.
  private func list(
    _ object: ObjectID,
    number: Int64,
    state: ObjectState,
    versions: [VersionName: ArticleVersion]?
  ) throws {
    switch ObjectType(rawValue: object.type) {
    case .article:
      let article = Article(
        id: object,
        state: state,
        versions: try versions ?? store.versions(of: number)
      )
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

  /// Ends the transaction's work on the state.
  func finish() throws {
    try settleAll()
    // Once for an object, however many changes came to it: to find seams, a text is replayed.
    for number in toReview {
      try store.saveReviewItems(of: try store.state(of: number), number: number)
    }
    toReview.removeAll()
    for bucket in dirtyBuckets { try store.forgetDigest(ofBucket: bucket) }
    dirtyBuckets.removeAll()
    for object in dirtyObjects { try store.forgetDigest(of: object) }
    dirtyObjects.removeAll()
  }
}

internal import ArchiveModel
package import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// A change as the log shows it.
package struct HistoryEntry: Sendable {
  package let change: ChangeID
  /// The first change of the action that it belongs to.
  package let action: ChangeID
  package let object: ObjectID
  package let author: String
  /// By the author's clock, ms.
  package let time: Int64
  /// Empty where nothing is said.
  package let reason: String
  /// The action that it takes back.
  package let undoes: ChangeID?
  /// What each operation did, in words.
  package let operations: [String]
}

/// What somebody did in one go.
package struct ActionEntry: Sendable {
  package let action: ChangeID
  package let author: String
  /// Of its newest change, by the author's clock, ms.
  package let time: Int64
  package fileprivate(set) var reason: String
  package fileprivate(set) var undoes: ChangeID?
  /// Whether it has been taken back, by whomever.
  package let isUndone: Bool
  package fileprivate(set) var changeCount = 0
  package fileprivate(set) var objectCount = 0
  /// What its first operations did, in words, and of what.
  package fileprivate(set) var operations: [(object: ObjectID, text: String)] = []
}

extension Replica {
  /// The changes of an article and its annotations, in log order.
  package func history(of article: ObjectID) throws -> [HistoryEntry] {
    try database.read { db in
      let objects = try Int64.fetchAll(
        db,
        sql: """
          SELECT id FROM objects WHERE object = ?1 AND type = ?2
          UNION ALL SELECT object FROM annotations WHERE article = ?1
          """,
        arguments: [article.bytes.blob, Int64(article.type)]
      )
      let people = People(db)
      return try LogReader(db).changes(of: objects).map { change in
        HistoryEntry(
          change: change.id,
          action: change.action,
          object: change.object,
          author: try people.name(of: change.id.lane),
          time: change.time,
          reason: change.reason,
          undoes: change.undoes,
          operations: change.words
        )
      }
    }
  }

  /// The actions of this replica's log, the one that came last first.
  ///
  /// - `limit`: how many at most.
  /// - `operationLimit`: how many operations of each are described.
  package func actions(limit: Int, operationLimit: Int = 5) throws -> [ActionEntry] {
    try database.read { db in
      var log = ActionLog(db, limit: limit, operationLimit: operationLimit)
      let positions = try Int64.fetchCursor(
        db,
        sql: "SELECT position FROM touches ORDER BY position DESC"
      )
      while !log.isComplete, let position = try positions.next() { try log.take(position) }
      return log.actions
    }
  }
}

/// Gathers actions from a log that is read backwards.
private struct ActionLog {
  private let limit: Int
  private let operationLimit: Int
  private let reader: LogReader
  private let people: People
  private var graph: UndoGraph
  private var order: [ChangeID] = []
  private var entries: [ChangeID: ActionEntry] = [:]
  private var objects: [ChangeID: Set<ObjectID>] = [:]
  /// Actions whose first change has not been met.
  private var open: Set<ChangeID> = []
  private var isFull = false

  init(_ db: Database, limit: Int, operationLimit: Int) {
    self.limit = limit
    self.operationLimit = operationLimit
    reader = LogReader(db)
    people = People(db)
    graph = ActionIndex(db, StateStore(db)).graph()
  }

  /// Whether nothing further back belongs to the actions that are wanted.
  var isComplete: Bool { isFull && open.isEmpty }

  var actions: [ActionEntry] { order.compactMap { entries[$0] } }

  mutating func take(_ position: Int64) throws {
    let change = try RecordedChange(reader.change(at: position))
    if entries[change.action] == nil, !isFull {
      entries[change.action] = ActionEntry(
        action: change.action,
        author: try people.name(of: change.id.lane),
        time: change.time,
        reason: change.reason,
        undoes: change.undoes,
        isUndone: try graph.isUndone(change.action)
      )
      order.append(change.action)
      open.insert(change.action)
      isFull = order.count == limit
    }
    guard var entry = entries[change.action] else { return }
    entry.changeCount += 1
    objects[change.action, default: []].insert(change.object)
    entry.objectCount = objects[change.action]?.count ?? 0
    // Read backwards, so that the first ones are those that stay.
    let words = change.words.map { (object: change.object, text: $0) }
    entry.operations = Array((words + entry.operations).prefix(operationLimit))
    if entry.reason.isEmpty { entry.reason = change.reason }
    entry.undoes = entry.undoes ?? change.undoes
    entries[change.action] = entry
    if change.id == change.action { open.remove(change.action) }
  }
}

extension RecordedChange {
  /// What each operation did.
  var words: [String] {
    operations.map { operation in
      operation.map { OperationText.describe($0, on: object) } ?? "has no effect"
    }
  }
}

extension Replica {
  /// A text with all its edits; `nil` when nobody edited it.
  package func textHistory(of text: TextID, in object: ObjectID) throws -> TextHistory? {
    try database.read { db in
      let store = StateStore(db)
      return try store.existingNumber(of: object).flatMap { try store.history(of: text, in: $0) }
    }
  }
}

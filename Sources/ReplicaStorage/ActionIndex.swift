internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Actions as the log holds them, and which of them takes back which.
struct ActionIndex {
  private let db: Database
  private let store: StateStore

  init(_ db: Database, _ store: StateStore) {
    self.db = db
    self.store = store
  }

  /// Keeps what a change says that it takes back.
  func keep(_ undone: ChangeID, undoneBy change: Change) throws {
    try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO undos (undone_lane, undone_action, lane, action) VALUES (?, ?, ?, ?)
        """
    ).execute(arguments: [
      try store.number(of: undone.lane), Int64(undone.seq),
      try store.number(of: change.action.lane), Int64(bitPattern: change.action.seq),
    ])
  }

  /// The actions that take back an action.
  func undoers(of action: ChangeID) throws -> [ChangeID] {
    try actions(
      "SELECT lane, action FROM undos WHERE undone_lane = ? AND undone_action = ?",
      of: action
    )
  }

  /// The actions that an action takes back; one at most, as stet writes them.
  func undone(by action: ChangeID) throws -> [ChangeID] {
    try actions(
      "SELECT undone_lane, undone_action FROM undos WHERE lane = ? AND action = ?",
      of: action
    )
  }

  private func actions(_ sql: String, of action: ChangeID) throws -> [ChangeID] {
    guard let lane = try SQLiteLog(db).number(of: action.lane) else { return [] }
    return try Row.fetchAll(
      db.cachedStatement(sql: sql),
      arguments: [lane, Int64(bitPattern: action.seq)]
    ).map {
      try ChangeID(
        lane: store.lane($0.decode(atIndex: 0)),
        // A header may call its action anything.
        seq: UInt64(bitPattern: $0.decode(atIndex: 1))
      )
    }
  }

  func graph() -> UndoGraph { UndoGraph { try undoers(of: $0) } }

  /// What an action is to the undo stack.
  func role(of action: ChangeID) throws -> ActionRole {
    var role = ActionRole.edit
    var seen: Set<ChangeID> = [action]
    var next = try undone(by: action).first
    while let undone = next, seen.insert(undone).inserted {
      role = role.reversed
      next = try self.undone(by: undone).first
    }
    return role
  }
}

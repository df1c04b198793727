package import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// What an undo did.
package struct UndoReport: Sendable {
  /// The action that was taken back, by its first change.
  package let undone: ChangeID
  /// The undo's own first change.
  package let change: ChangeID
  /// Objects that the undo changed.
  package let objectCount: Int
  /// What stays, and of which object.
  package let left: [Left]

  package struct Left: Sendable {
    package let object: ObjectID
    package let remainder: UndoRemainder
  }
}

extension ReplicaWriter {
  /// Takes back this replica's newest action that is neither an undo nor undone.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)`` when there is none, and what ``undo(_:)`` throws.
  package func undoNewest() throws -> UndoReport {
    let index = ActionIndex(db, state.store)
    var graph = index.graph()
    let action = try newestOwnAction(index) { action in
      switch try index.role(of: action) {
      case .edit: try action.seq > 1 && !graph.isUndone(action) ? .take : .pass
      case .undo, .redo: .pass
      }
    }
    guard let action else { throw ReplicaFailure.noSuchItem("action of this replica left to undo") }
    return try undo(action)
  }

  /// Takes back this replica's newest undo that is not redone, unless something else was done since.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)`` when there is none, and what ``undo(_:)`` throws.
  package func redoNewest() throws -> UndoReport {
    let index = ActionIndex(db, state.store)
    var graph = index.graph()
    let action = try newestOwnAction(index) { action in
      switch try index.role(of: action) {
      case .edit: .stop
      case .undo: try graph.isUndone(action) ? .pass : .take
      case .redo: .pass
      }
    }
    guard let action else { throw ReplicaFailure.noSuchItem("undo of this replica left to redo") }
    return try undo(action)
  }

  private enum Choice {
    case take
    case pass
    case stop
  }

  private func newestOwnAction(
    _ index: ActionIndex,
    where choose: (ChangeID) throws -> Choice
  ) throws -> ChangeID? {
    guard let lane = try Replica.lane(db) else { return nil }
    let reader = LogReader(db)
    var seen: Set<ChangeID> = []
    var seq = try SQLiteLog(db).head(of: lane)?.seq ?? 0
    while seq > 0 {
      guard let change = try reader.change(ChangeID(lane: lane, seq: seq)) else {
        throw LogFailure.damaged("log")
      }
      seq -= 1
      guard seen.insert(change.action).inserted else { continue }
      switch try choose(change.action) {
      case .take: return change.action
      case .pass: continue
      case .stop: return nil
      }
    }
    return nil
  }

  /// Takes back an action, anybody's, an undo too, as far as nobody has built on it since.
  ///
  /// All changes written carry the action in `undoes`.
  /// - `named`: any change of the action.
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``; ``ReplicaFailure/unacceptable(_:)`` when it is undone
  ///   already or nothing of it can be.
  package func undo(_ named: ChangeID) throws -> UndoReport {
    let reader = LogReader(db)
    guard let change = try reader.change(named) else {
      throw ReplicaFailure.noSuchItem("change \(named.name)")
    }
    let action = change.action
    let index = ActionIndex(db, state.store)
    var graph = index.graph()
    if let undo = try graph.standingUndo(of: action) {
      throw ReplicaFailure.unacceptable(
        "\(action.name) is undone already, by \(undo.name): undo that one to bring it back"
      )
    }
    let chain = try graph.chain(of: action)
    var after = graph.undoing(action)
    undoes = action
    var first: ChangeID?
    var objectCount = 0
    var left: [UndoReport.Left] = []
    for object in try objects(of: chain, reader) {
      guard let (plan, changeClass) = try plan(chain, on: object, &after, reader) else { continue }
      left += plan.remainders.map { UndoReport.Left(object: object, remainder: $0) }
      guard !plan.operations.isEmpty else { continue }
      let change = try append(plan.operations, on: object, as: changeClass)
      first = first ?? change
      objectCount += 1
    }
    guard let first else {
      let why = left.first?.remainder.reason ?? "it changed nothing that could be taken back"
      throw ReplicaFailure.unacceptable("nothing of \(action.name) can be undone: \(why)")
    }
    return UndoReport(undone: action, change: first, objectCount: objectCount, left: left)
  }

  private func plan(
    _ chain: UndoChain,
    on object: ObjectID,
    _ after: inout UndoGraph,
    _ reader: LogReader
  ) throws -> (ObjectUndo, ChangeHeader.Class)? {
    guard let number = try state.store.existingNumber(of: object),
      let objectState = try state(of: object)
    else { return nil }
    let changes = try reader.changes(of: [number])
    var undone: Set<ChangeID> = []
    for action in Set(changes.map(\.action)) where try after.isUndone(action) {
      undone.insert(action)
    }
    var histories: [TextID: TextHistory] = [:]
    for text in objectState.texts {
      histories[text.id] = try state.store.history(of: text.id, in: number)
    }
    let plan = ObjectUndo(
      of: chain,
      leaving: undone,
      on: object,
      changes: changes,
      state: objectState,
      histories: histories
    )
    let changeClass = changes.first { chain.standing.contains($0.action) }?.changeClass
    return (plan, changeClass ?? .edit)
  }

  /// What an action and its redos changed, in log order.
  private func objects(of chain: UndoChain, _ reader: LogReader) throws -> [ObjectID] {
    let log = SQLiteLog(db)
    let tree = try log.laneTree()
    var positions: [Int64: ObjectID] = [:]
    for action in chain.standing where action.seq > 0 {
      // It may go on in the branches after its lane.
      let lanes =
        [(action.lane, action.seq)]
        + tree.descendants(of: action.lane).map {
          ($0.lane, max($0.firstSeq, action.seq))
        }
      for (lane, first) in lanes {
        let end = try log.head(of: lane)?.seq ?? 0
        guard first <= end else { continue }
        for seq in first...end {
          guard let position = try reader.position(of: ChangeID(lane: lane, seq: seq)) else {
            throw LogFailure.damaged("log")
          }
          let change = try reader.change(at: position)
          guard change.action == action, let payload = try? ChangePayload(of: change)
          else { continue }
          positions[position] = payload.object
        }
      }
    }
    var seen: Set<ObjectID> = []
    return positions.sorted { $0.key < $1.key }.map(\.value).filter { seen.insert($0).inserted }
  }
}

extension Replica {
  /// The change that `stet log` prints as the beginning of a lane (4 digits or more), a colon and a
  /// number.
  ///
  /// - Throws: ``ReplicaFailure/noSuchItem(_:)``, ``ReplicaFailure/ambiguous(_:_:)``.
  package func changeID(_ selector: String) throws -> ChangeID {
    let missing = ReplicaFailure.noSuchItem("change \"\(selector)\"")
    let parts = selector.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let seq = UInt64(parts[1]), seq > 0, seq <= UInt64(Int64.max),
      case let rest = 2 * LaneID.byteCount - parts[0].utf8.count, (0...28).contains(rest),
      let low = [UInt8](hex: parts[0] + String(repeating: "0", count: rest)),
      let high = [UInt8](hex: parts[0] + String(repeating: "f", count: rest))
    else { throw missing }
    return try database.read { db in
      let lanes = try Data.fetchAll(
        db,
        sql: "SELECT lane FROM lanes WHERE lane >= ? AND lane <= ? AND seq >= ? ORDER BY lane",
        arguments: [low.blob, high.blob, Int64(seq)]
      ).compactMap { LaneID($0) }
      guard let lane = lanes.first else { throw missing }
      guard lanes.count == 1 else {
        throw ReplicaFailure.ambiguous(
          "\"\(selector)\"",
          lanes.map { "\($0.bytes.hex):\(seq)" }
        )
      }
      return ChangeID(lane: lane, seq: seq)
    }
  }
}

package import ChangeLog

/// Which actions take back which, and what follows from that.
///
///     undone(a) = some action that undoes a is not undone itself
///
/// So a redo, which undoes an undo, makes the first action stand again.
package struct UndoGraph {
  private let undoers: (ChangeID) throws -> [ChangeID]
  private var known: [ChangeID: Bool] = [:]
  private var depth = 0
  /// Undos of undos of undos … that are followed; what is beyond counts as standing.
  private static let depthLimit = 1000

  /// - `undoers`: the actions that undo an action, in any order.
  package init(undoers: @escaping (ChangeID) throws -> [ChangeID]) { self.undoers = undoers }

  package mutating func isUndone(_ action: ChangeID) throws -> Bool {
    if let answer = known[action] { return answer }
    guard depth < Self.depthLimit else { return false }
    // Whoever writes by hand can make a circle; it is cut where it closes.
    known[action] = false
    depth += 1
    defer { depth -= 1 }
    var answer = false
    for undoer in try undoers(action) where !answer { answer = try !isUndone(undoer) }
    known[action] = answer
    return answer
  }

  /// The graph with one more undo of an action.
  package func undoing(_ action: ChangeID) -> UndoGraph {
    // No change has number 0.
    let undo = ChangeID(lane: action.lane, seq: 0)
    return UndoGraph { [undoers] in try undoers($0) + ($0 == action ? [undo] : []) }
  }

  /// The undo that an action is undone by; `nil` when it stands.
  package mutating func standingUndo(of action: ChangeID) throws -> ChangeID? {
    for undoer in try undoers(action) where try !isUndone(undoer) { return undoer }
    return nil
  }

  /// What an action that stands has become: itself, and the redos that brought it back.
  package mutating func chain(of action: ChangeID) throws -> UndoChain {
    var chain = UndoChain(standing: [action], all: [action])
    var open = [action]
    while let next = open.popLast() {
      for undo in try undoers(next) where chain.all.insert(undo).inserted {
        for redo in try undoers(undo) where chain.all.insert(redo).inserted {
          if try !isUndone(redo) { chain.standing.insert(redo) }
          open.append(redo)
        }
      }
    }
    return chain
  }
}

/// An action with its undos and redos.
package struct UndoChain: Sendable {
  /// The actions through which it has its effect now: they are what an undo takes back.
  package fileprivate(set) var standing: Set<ChangeID>
  /// Those, all undos of them and all redos.
  package fileprivate(set) var all: Set<ChangeID>
}

/// What an action is to the undo stack.
package enum ActionRole: Sendable {
  case edit
  case undo
  case redo

  /// What an action is that takes back one of this role.
  package var reversed: ActionRole { self == .undo ? .redo : .undo }
}

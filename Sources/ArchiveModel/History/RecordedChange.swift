package import CRDT
package import ChangeLog

/// A change as history looks at it: what it did to its object, as part of which action, and why.
package struct RecordedChange: Sendable {
  package let id: ChangeID
  package let object: ObjectID
  package let changeClass: ChangeHeader.Class
  /// The first change of the action that this one belongs to.
  package let action: ChangeID
  /// By the author's clock, ms.
  package let time: Int64
  /// One place per operation; `nil` has no effect.
  package let operations: [Operation?]
  package let reason: String
  /// The action that it takes back, by its first change.
  package let undoes: ChangeID?

  /// Reads a change.
  ///
  /// - Throws: `LogFailure` where the change is kept without effect.
  package init(_ change: ChangeLog.Change) throws(LogFailure) {
    self.init(change, try ChangePayload(of: change))
  }

  package init(_ change: ChangeLog.Change, _ payload: ChangePayload) {
    id = change.id
    object = payload.object
    changeClass = change.header.changeClass
    action = change.action
    time = change.header.time
    operations = payload.operations
    reason = payload.reason
    undoes = payload.undoes
  }

  /// The operations that may have an effect, with their names.
  package var named: [(dot: Dot, operation: Operation)] {
    operations.enumerated().compactMap { index, operation in
      operation.map { (Dot(lane: id.lane, seq: id.seq, index: UInt32(index)), $0) }
    }
  }
}

extension RecordedChange {
  /// Whether the change makes its lane a member's, as the first one of every lane does.
  package var isCertification: Bool { id.seq == 1 }
}

extension ChangeID {
  /// As people read and write it: the beginning of the lane, and the number in it.
  package var name: String { "\(lane.bytes.hex.prefix(8)):\(seq)" }
}

extension Dot {
  /// The change that the operation belongs to.
  package var change: ChangeID { ChangeID(lane: lane, seq: seq) }
}

internal import CRDT
internal import ChangeLog
internal import Foundation
internal import GRDB
internal import ReplicaStorage

/// Which writes and adds are live, by the one rule that there is: those that no later operation names.
///
/// As naive as can be: the oracle for what a replica shows.
struct LiveValues {
  private struct Place: Hashable {
    let object: ObjectID
    let field: UInt32
    let kind: UInt32
  }

  private var dots: [Place: Set<Dot>] = [:]

  /// - `changes`: in a causal order.
  init(of changes: [Change]) {
    for change in changes {
      guard let payload = try? ChangePayload(of: change) else { continue }
      for (index, operation) in payload.operations.enumerated() {
        guard let operation else { continue }
        let dot = Dot(lane: change.lane, seq: change.header.seq, index: UInt32(index))
        take(operation, at: dot, on: payload.object)
      }
    }
  }

  private mutating func take(_ operation: ChangeLog.Operation, at dot: Dot, on object: ObjectID) {
    typealias Kind = ChangeLog.Operation.Kind
    let kind = Kind(rawValue: operation.kind)
    guard kind == .write || kind == .add || kind == .remove else { return }
    let livingKind = kind == .write ? Kind.write.rawValue : Kind.add.rawValue
    let place = Place(object: object, field: operation.field, kind: livingKind)
    // An add may name what it is about, which it does not replace.
    if kind != .add { dots[place]?.subtract(operation.names) }
    if kind != .remove { dots[place, default: []].insert(dot) }
  }

  /// Compares with what a replica holds.
  ///
  /// - Throws: ``Violation``.
  func compare(with replica: Replica, named name: String) throws {
    let present = try Self.present(in: replica)
    for (place, expected) in dots where present[place] ?? [] != expected {
      let found = present[place] ?? []
      throw Violation(
        "\(name) shows other values of field \(place.field) than were written: "
          + "\(expected.subtracting(found).count) are missing, "
          + "\(found.subtracting(expected).count) too many"
      )
    }
  }

  private static func present(in replica: Replica) throws -> [Place: Set<Dot>] {
    try replica.inspect { db in
      var present: [Place: Set<Dot>] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT objects.type, objects.object, field, kind, lanes.lane, entries.seq, operation
          FROM entries JOIN objects ON objects.id = entries.object
            JOIN lanes ON lanes.id = entries.lane
          """
      )
      while let row = try rows.next() {
        guard let object = ObjectID(type: row[0], bytes: row[1] as Data),
          let lane = LaneID(row[4] as Data)
        else { throw Violation("a live value of an object or lane that is none") }
        let place = Place(object: object, field: row[2], kind: row[3])
        present[place, default: []]
          .insert(Dot(lane: lane, seq: UInt64(row[5] as Int64), index: row[6]))
      }
      return present
    }
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import SyncSimulation
import Testing

/// Random operations of several authors on one object, each with what its author had seen.
private struct RandomObjectHistory {
  struct Step {
    let dot: Dot
    let time: Int64
    let operation: ObjectOperation
    /// Places of the steps that the author had seen, the author's own among them.
    let seen: Set<Int>
  }

  private(set) var steps: [Step] = []

  private struct Author {
    var seq: UInt64 = 0
    var seen: [Int] = []
    var object = ObjectHistory()
  }

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var authors = Array(repeating: Author(), count: Int.random(in: 2...4, using: &random))
    for _ in 0..<40 {
      let number = Int.random(in: authors.indices, using: &random)
      if Int.random(in: 0..<3, using: &random) == 0 {
        let other = authors[Int.random(in: authors.indices, using: &random)]
        for place in other.seen where !authors[number].seen.contains(place) {
          take(place, &authors[number])
        }
      } else {
        authors[number].seq += 1
        let dot = Dot(lane: lane(number), seq: authors[number].seq, index: 0)
        steps.append(
          Step(
            dot: dot,
            time: .random(in: 0...5, using: &random),
            operation: Self.operation(at: dot, in: authors[number].object.state, &random),
            seen: Set(authors[number].seen)
          )
        )
        take(steps.count - 1, &authors[number])
      }
    }
  }

  private func lane(_ number: Int) -> LaneID {
    guard let lane = LaneID(Array(repeating: UInt8(number + 1), count: LaneID.byteCount)) else {
      preconditionFailure("16 bytes are a lane id")
    }
    return lane
  }

  private func take(_ place: Int, _ author: inout Author) {
    author.seen.append(place)
    author.object.apply(steps[place].operation, at: steps[place].dot, time: steps[place].time) {
      _ in
      "base"
    }
  }

  private static func operation(
    at dot: Dot,
    in state: ObjectState,
    _ random: inout SeededRandom
  ) -> ObjectOperation {
    let field = UInt32.random(in: 10...11, using: &random)
    let value = [UInt8.random(in: 0...2, using: &random)]
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      // A write need not name all that its author saw.
      let named = state.entries(of: field).map(\.dot)
      return .merge(
        .write(
          field: field,
          replacing: Bool.random(using: &random) ? named : Array(named.prefix(1)),
          value: value
        )
      )
    case 2, 3:
      return .merge(.add(field: 20, element: value))
    case 4:
      return .merge(
        .remove(field: 20, adds: Array(state.entries(of: 20).map(\.dot).prefix(2)))
      )
    case 5:
      return .merge(.delete(covering: state.dotsToCover))
    case 6:
      return .merge(.restore(deletions: Array(state.deletions.map(\.dot).prefix(2))))
    default:
      let id = TextID(field: 30, version: value)
      let text = state.text(id) ?? TextState(id: id, base: "base")
      let count = text.content.unicodeScalars.count
      let position = Int.random(in: 0...count, using: &random)
      let hunk = Hunk(
        position: position,
        deleteCount: .random(in: 0...min(2, count - position), using: &random),
        insert: ["", "x", "e\u{301}"].randomElement(using: &random) ?? ""
      )
      return .edit(
        TextOperation(
          text: id,
          edit: TextEdit(dot: dot, parents: text.heads, hunks: [hunk])
        )
      )
    }
  }

  /// The state after the steps in some causal order.
  func state(_ random: inout SeededRandom) -> ObjectState {
    var object = ObjectHistory()
    var waiting = Array(steps.indices)
    var done: Set<Int> = []
    while !waiting.isEmpty {
      let ready = waiting.indices.filter { done.isSuperset(of: steps[waiting[$0]].seen) }
      let place = waiting.remove(at: ready[Int.random(in: ready.indices, using: &random)])
      object.apply(steps[place].operation, at: steps[place].dot, time: steps[place].time) { _ in
        "base"
      }
      done.insert(place)
    }
    return object.state
  }
}

@Suite struct ObjectConvergenceTests {
  @Test(arguments: 0..<100 as Range<UInt64>)
  func `any two causal orders give one digest`(seed: UInt64) throws {
    let history = RandomObjectHistory(seed: seed)
    let object = try #require(ObjectID(type: 1, bytes: Array(repeating: 7, count: 16)))
    var random = SeededRandom(seed: seed)
    let states = (0..<5).map { _ in history.state(&random) }
    #expect(Set(states.map { StateDigest.digest(of: object, in: $0) }).count == 1)
    #expect(Set(states.map(\.isLive)).count == 1)
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `the digest tells states apart`(seed: UInt64) throws {
    let object = try #require(ObjectID(type: 1, bytes: Array(repeating: 7, count: 16)))
    var random = SeededRandom(seed: seed)
    let state = RandomObjectHistory(seed: seed).state(&random)
    let lane = try #require(LaneID(Array(repeating: 9, count: LaneID.byteCount)))
    let others: [MergeOperation] = [
      .write(field: 10, replacing: [], value: []), .add(field: 20, element: []),
      .delete(covering: []),
    ]
    var edited = state
    _ = edited.merge(
      [TextEdit(dot: Dot(lane: lane, seq: 1, index: 0), parents: [], hunks: [])],
      into: TextID(field: 30),
      base: "",
      onto: []
    )
    let digests =
      [StateDigest.digest(of: object, in: state), StateDigest.digest(of: object, in: edited)]
      + others.map {
        var other = state
        other.apply($0, at: Dot(lane: lane, seq: 1, index: 0), time: 0)
        return StateDigest.digest(of: object, in: other)
      }
    #expect(Set(digests).count == digests.count)
  }
}

import CRDT
import Testing

@Suite struct ObjectStateTests {
  private static let headline: UInt32 = 10
  private static let tags: UInt32 = 20

  private func write(_ value: String, replacing: [Dot] = []) -> MergeOperation {
    .write(field: Self.headline, replacing: replacing, value: Array(value.utf8))
  }

  private func add(_ element: String) -> MergeOperation {
    .add(field: Self.tags, element: Array(element.utf8))
  }

  /// The state after operations in this order, each at its dot; `time` is the dot's seq.
  private func state(_ operations: [(Dot, MergeOperation)]) -> ObjectState {
    var state = ObjectState()
    for (dot, operation) in operations {
      state.apply(operation, at: dot, time: Int64(dot.seq))
    }
    return state
  }

  private func values(_ state: ObjectState, _ field: UInt32) -> [String] {
    state.entries(of: field).map { String(decoding: $0.value, as: UTF8.self) }
  }

  // MARK: - Registers

  @Test func `a register keeps all concurrent values`() {
    let writes = [
      (Dot.of(1, 1), write("one")), (Dot.of(2, 1), write("two")), (Dot.of(3, 1), write("three")),
    ]
    for order in permutations(of: writes) {
      #expect(values(state(order), Self.headline) == ["one", "two", "three"])
    }
  }

  @Test func `a write leaves one value when it names both`() {
    let writes = [
      (Dot.of(1, 1), write("one")), (Dot.of(2, 1), write("two")),
      (Dot.of(1, 2), write("settled", replacing: [.of(1, 1), .of(2, 1)])),
    ]
    #expect(values(state(writes), Self.headline) == ["settled"])
  }

  @Test func `a write leaves what it does not name`() {
    let first = (Dot.of(1, 1), write("one"))
    let unseen = (Dot.of(2, 1), write("two"))
    let later = (Dot.of(1, 2), write("later", replacing: [.of(1, 1)]))
    for order in [[first, unseen, later], [first, later, unseen], [unseen, first, later]] {
      #expect(values(state(order), Self.headline) == ["later", "two"])
    }
  }

  @Test func `two writes that replace one value are both live`() {
    let first = (Dot.of(1, 1), write("one"))
    let left = (Dot.of(1, 2), write("left", replacing: [.of(1, 1)]))
    let right = (Dot.of(2, 1), write("right", replacing: [.of(1, 1)]))
    for order in [[first, left, right], [first, right, left]] {
      #expect(values(state(order), Self.headline) == ["left", "right"])
    }
  }

  @Test func `names of other fields and kinds have no effect`() {
    let result = state([
      (.of(1, 1), write("one")), (.of(1, 2), add("tag")),
      (.of(1, 3), .write(field: 11, replacing: [.of(1, 1), .of(1, 2)], value: [])),
      (.of(1, 4), .remove(field: Self.headline, adds: [.of(1, 1)])),
      (.of(1, 5), .write(field: Self.tags, replacing: [.of(1, 2)], value: [])),
      (.of(1, 6), .remove(field: Self.tags, adds: [.of(1, 5), .of(8, 8)])),
    ])
    #expect(result.entries.map(\.dot) == [.of(1, 1), .of(1, 3), .of(1, 2), .of(1, 5)])
  }

  @Test func `the latest clock is shown first and the dot decides between equal clocks`() {
    func entry(_ author: UInt8, time: Int64, _ value: String) -> Entry {
      Entry(
        field: 1,
        dot: .of(author, 1),
        kind: .write,
        time: time,
        value: Array(value.utf8)
      )
    }
    let entries = [
      entry(3, time: 5, "c"), entry(1, time: 9, "a"), entry(2, time: 9, "b"),
      entry(4, time: 1, "a"),
    ]
    for order in permutations(of: entries) {
      #expect(order.shown == entries[2])
      #expect(order.distinctValues == [entries[2], entries[1], entries[0]])
    }
    #expect([Entry]().shown == nil)
  }

  @Test func `a clock that is years ahead wins over what has not seen it, and no longer`() {
    let ahead = (Dot.of(1, 1), write("ahead"), Int64(1) << 52)
    let unseen = (Dot.of(2, 1), write("unseen"), Int64(5))
    let later = (Dot.of(2, 2), write("later", replacing: [.of(1, 1), .of(2, 1)]), Int64(6))
    for order in [[ahead, unseen], [unseen, ahead]] {
      var state = ObjectState()
      for (dot, write, time) in order { state.apply(write, at: dot, time: time) }
      #expect(state.entries(of: Self.headline).shown?.dot == ahead.0)
      state.apply(later.1, at: later.0, time: later.2)
      #expect(state.entries(of: Self.headline).map(\.dot) == [later.0])
    }
  }

  // MARK: - Sets

  @Test func `an add wins over a removal that did not see it`() {
    let seen = (Dot.of(1, 1), add("tag"))
    let removal = (Dot.of(1, 2), MergeOperation.remove(field: Self.tags, adds: [.of(1, 1)]))
    let unseen = (Dot.of(2, 1), add("tag"))
    for order in [[seen, removal, unseen], [seen, unseen, removal], [unseen, seen, removal]] {
      #expect(state(order).entries(of: Self.tags).map(\.dot) == [.of(2, 1)])
    }
  }

  @Test func `a removal takes out every add it names and nothing else`() {
    let adds = [(Dot.of(1, 1), add("a")), (Dot.of(2, 1), add("a")), (Dot.of(3, 1), add("b"))]
    let removal = (
      Dot.of(1, 2), MergeOperation.remove(field: Self.tags, adds: [.of(1, 1), .of(2, 1)])
    )
    #expect(values(state(adds + [removal]), Self.tags) == ["b"])
  }

  // MARK: - Deletion

  @Test func `an object without live dots is not there`() {
    #expect(!ObjectState().isLive)
    let result = state([
      (.of(1, 1), add("a")), (.of(1, 2), .remove(field: Self.tags, adds: [.of(1, 1)])),
    ])
    #expect(!result.isLive)
  }

  @Test func `a deletion of everything seen deletes and keeps the values`() {
    let before = state([(.of(1, 1), write("one")), (.of(1, 2), add("a"))])
    var after = before
    after.apply(.delete(covering: before.dotsToCover), at: .of(1, 3), time: 0)
    #expect(!after.isLive)
    #expect(after.entries == before.entries)
  }

  @Test func `a concurrent write keeps the object alive`() {
    let first = (Dot.of(1, 1), write("one"))
    let deletion = (Dot.of(1, 2), MergeOperation.delete(covering: [.of(1, 1)]))
    let unseen = (Dot.of(2, 1), write("two", replacing: [.of(1, 1)]))
    for order in [[first, deletion, unseen], [first, unseen, deletion]] {
      #expect(state(order).isLive)
      #expect(state(order).deletions.map(\.dot) == [.of(1, 2)])
    }
  }

  @Test func `a concurrent text edit keeps the object alive`() {
    let first = TextEdit(dot: .of(1, 1), parents: [], hunks: [.insert("one", at: 0)])
    let unseen = TextEdit(dot: .of(2, 1), parents: [first.dot], hunks: [.insert("two", at: 3)])
    let deletion = (Dot.of(1, 2), MergeOperation.delete(covering: [first.dot]))
    let edits = [first, unseen].map {
      ObjectOperation.edit(TextOperation(text: .note, edit: $0))
    }
    func isLive(_ operations: [ObjectOperation]) -> Bool {
      var object = ObjectHistory()
      for operation in operations { object.apply(operation, at: deletion.0, time: 0) { _ in "" } }
      return object.state.isLive
    }
    #expect(!isLive([edits[0], .merge(deletion.1)]))
    #expect(isLive([edits[0], .merge(deletion.1), edits[1]]))
    #expect(isLive([edits[0], edits[1], .merge(deletion.1)]))
  }

  @Test func `a removal does not bring a deleted object back`() {
    let result = state([
      (.of(1, 1), write("one")), (.of(1, 2), add("a")),
      (.of(1, 3), .delete(covering: [.of(1, 1), .of(1, 2)])),
      (.of(2, 1), .remove(field: Self.tags, adds: [.of(1, 2)])),
    ])
    #expect(!result.isLive)
  }

  @Test func `a restore lifts the deletions it names and no other`() {
    let before = [
      (Dot.of(1, 1), write("one")), (Dot.of(1, 2), .delete(covering: [.of(1, 1)])),
      (Dot.of(2, 1), .delete(covering: [.of(1, 1)])),
    ]
    let one = state(before + [(.of(3, 1), .restore(deletions: [.of(1, 2)]))])
    #expect(one.deletions.map(\.dot) == [.of(2, 1)])
    #expect(!one.isLive)
    let both = state(before + [(.of(3, 1), .restore(deletions: [.of(1, 2), .of(2, 1)]))])
    #expect(both.deletions.isEmpty)
    #expect(both.isLive)
  }

  @Test func `stored parts in any order make the same state`() {
    let whole = state([
      (.of(2, 1), add("b")), (.of(1, 1), write("one")), (.of(1, 2), .delete(covering: [.of(2, 1)])),
      (.of(3, 1), .delete(covering: [.of(1, 1)])),
    ])
    let again = ObjectState(
      entries: whole.entries.reversed(),
      deletions: whole.deletions.reversed(),
      texts: whole.texts
    )
    #expect(again.entries == whole.entries)
    #expect(again.deletions == whole.deletions)
  }
}

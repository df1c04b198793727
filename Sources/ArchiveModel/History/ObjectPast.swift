package import CRDT
package import ChangeLog

/// An object as some of its changes leave it.
package struct ObjectPast: Sendable {
  package let object: ObjectID
  package private(set) var history = ObjectHistory()
  /// The records of the versions that these changes brought.
  package private(set) var versions: [VersionName: ArticleVersion] = [:]

  /// - `changes`: those of the object, in a causal order; changes of others are passed over.
  package init(of object: ObjectID, after changes: [RecordedChange]) {
    self.object = object
    for change in changes where change.object == object { apply(change) }
  }

  package var state: ObjectState { history.state }

  private mutating func apply(_ change: RecordedChange) {
    for (dot, operation) in change.named {
      let interpretation = Interpretation { [versions] in versions[$0] != nil }
      // Versions are looked up in memory, which does not throw.
      guard
        let meaning = try? interpretation.meaning(of: operation, at: dot, on: object, in: state)
      else { continue }
      history.apply(meaning, at: dot, time: change.time) { [versions] text in
        VersionName(text.version).flatMap { versions[$0]?.body } ?? ""
      }
      if object.type == ObjectType.article.rawValue, operation.isOf(.add),
        operation.field == ArticleField.versions.rawValue
      {
        versions[VersionName(ofRecord: operation.body)] = ArticleVersion(record: operation.body)
      }
    }
  }
}

extension [RecordedChange] {
  /// Those that had been made at a time, by their authors' clocks.
  ///
  /// A change that names one which by its author's clock was not made yet is left out, however early
  /// its own clock says: so what is left is a state that somebody could have had.
  /// - `time`: ms since 1970-01-01 UTC, inclusive.
  package func made(by time: Int64) -> [RecordedChange] {
    let ids = Set(map(\.id))
    var taken: Set<ChangeID> = []
    return filter { change in
      let isWhole = change.named.allSatisfy { named in
        named.operation.names.allSatisfy { name in
          name.change == change.id || !ids.contains(name.change) || taken.contains(name.change)
        }
      }
      guard change.time <= time, isWhole else { return false }
      taken.insert(change.id)
      return true
    }
  }
}

internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import LogStorage

/// What a change makes of an object that is not there yet: all its rows, found without looking at any
/// state, so on whatever core has time.
///
/// Equal to what ``StateWriter`` makes of the change when it merges it into an empty object.
struct FreshObject: Sendable {
  let state: ObjectState
  /// Records of versions, each once, in the order of the operations.
  let records: [(name: VersionName, record: [UInt8])]
  let rawInputs: [Hash]
  /// How the object is listed, see ``ArticleRow/values(of:)``; `nil` for what is no article.
  let articleRow: [RowValue]?

  /// - Returns: `nil` where the change edits a text, whose merge looks at what is stored.
  init?(_ payload: ChangePayload, header: ChangeHeader, lane: LaneID) {
    self.init(
      object: payload.object,
      operations: payload.operations,
      at: ChangePlace(lane: lane, seq: header.seq, time: header.time)
    )
  }

  /// - `known`: a version that an operation brings.
  /// - Returns: `nil` where an operation edits a text.
  init?(
    object: ObjectID,
    operations: [ChangeLog.Operation?],
    at place: ChangePlace,
    knowing known: KnownVersion? = nil
  ) {
    // Only edits ask whether a version is there.
    let interpretation = Interpretation(
      name: { known?.name(of: $0) ?? VersionName(ofRecord: $0) }
    ) { _ in false }
    var state = ObjectState()
    var versions: [VersionName: ArticleVersion] = [:]
    var records: [(name: VersionName, record: [UInt8])] = []
    var rawInputs: [Hash] = []
    for (index, operation) in operations.enumerated() {
      guard let operation else { continue }
      guard operation.kind != ChangeLog.Operation.Kind.edit.rawValue else { return nil }
      let dot = Dot(lane: place.lane, seq: place.seq, index: UInt32(index))
      guard
        case .merge(let merge)? = try? interpretation.meaning(
          of: operation,
          at: dot,
          on: object,
          in: state
        )
      else { continue }
      state.apply(merge, at: dot, time: place.time)
      switch KeptContent(of: operation, on: object, merging: merge, knowing: known) {
      case .version(let name, let version):
        if versions.updateValue(version, forKey: name) == nil {
          records.append((name, operation.body))
        }
      case .rawInput(let raw): rawInputs.append(raw)
      case nil: continue
      }
    }
    self.state = state
    self.records = records
    self.rawInputs = rawInputs
    articleRow =
      object.type == ObjectType.article.rawValue
      ? ArticleRow.values(of: Article(id: object, state: state, versions: versions)) : nil
  }

  /// The same, made by the same operations in a change elsewhere.
  ///
  /// Of a change that only adds and writes, and names nothing: all of the object is then of this change, and
  /// in the same order wherever that stands.
  func moved(to place: ChangePlace) -> FreshObject {
    precondition(state.deletions.isEmpty, "a deletion stays with what it covers")
    return FreshObject(
      state: ObjectState(
        entries: state.entries.map { entry in
          Entry(
            field: entry.field,
            dot: Dot(lane: place.lane, seq: place.seq, index: entry.dot.index),
            kind: entry.kind,
            time: place.time,
            value: entry.value
          )
        }
      ),
      records: records,
      rawInputs: rawInputs,
      articleRow: articleRow
    )
  }

  private init(
    state: ObjectState,
    records: [(name: VersionName, record: [UInt8])],
    rawInputs: [Hash],
    articleRow: [RowValue]?
  ) {
    self.state = state
    self.records = records
    self.rawInputs = rawInputs
    self.articleRow = articleRow
  }
}

/// Where a change stands, and when it was written.
struct ChangePlace: Sendable {
  let lane: LaneID
  let seq: UInt64
  /// ms since 1970-01-01 UTC, its author's clock.
  let time: Int64
}

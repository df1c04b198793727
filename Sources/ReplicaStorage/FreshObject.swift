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
  init?(
    _ payload: ChangePayload,
    header: ChangeHeader,
    lane: LaneID,
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
    for (index, operation) in payload.operations.enumerated() {
      guard let operation else { continue }
      guard operation.kind != ChangeLog.Operation.Kind.edit.rawValue else { return nil }
      let dot = Dot(lane: lane, seq: header.seq, index: UInt32(index))
      guard
        case .merge(let merge)? = try? interpretation.meaning(
          of: operation,
          at: dot,
          on: payload.object,
          in: state
        )
      else { continue }
      state.apply(merge, at: dot, time: header.time)
      switch KeptContent(of: operation, on: payload.object, merging: merge, knowing: known) {
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
      payload.object.type == ObjectType.article.rawValue
      ? ArticleRow.values(of: Article(id: payload.object, state: state, versions: versions)) : nil
  }
}

import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// The state that a log amounts to, found operation by operation in memory.
struct PlainState {
  var digest: Hash {
    Self.digest(
      of: Dictionary(
        uniqueKeysWithValues: states.map { object, state in
          let texts = (texts[object] ?? [:]).values.map(\.state).filter { !$0.heads.isEmpty }
          return (
            object,
            ObjectState(entries: state.entries, deletions: state.deletions, texts: texts)
          )
        }
      )
    )
  }
  private(set) var records: Set<[UInt8]> = []
  private(set) var rawInputs: [[UInt8]: ObjectID] = [:]
  private var states: [ObjectID: ObjectState] = [:]
  /// Those of which an edit took effect have heads.
  private var texts: [ObjectID: [TextID: EditedText]] = [:]
  private var versions: [ObjectID: [VersionName: ArticleVersion]] = [:]

  var headlines: [[UInt8]: String] {
    let articles = states.filter { $0.key.type == ObjectType.article.rawValue }
    return Dictionary(
      uniqueKeysWithValues: articles.map { id, state in
        let article = Article(id: id, state: state, versions: versions[id] ?? [:])
        return (id.bytes, "\(article.isLive) \(article.shown.headline)")
      }
    )
  }

  init(of replica: Replica) throws {
    for delivery in try replica.everyPack() {
      for run in try Pack(delivery.pack).runs {
        for change in try run.unplacedChanges() { try take(change) }
      }
    }
  }

  private mutating func take(_ change: Change) throws {
    let payload = try ChangePayload(of: change)
    let object = payload.object
    var state = states[object] ?? ObjectState()
    let interpretation = Interpretation { _ in true }
    for (index, operation) in payload.operations.enumerated() {
      guard let operation else { continue }
      let dot = Dot(lane: change.lane, seq: change.header.seq, index: UInt32(index))
      let meaning = try interpretation.meaning(of: operation, at: dot, on: object, in: state)
      switch meaning {
      case .merge(let merge):
        state.apply(merge, at: dot, time: change.header.time)
        keep(operation, on: object)
      case .edit(let operation): edit(operation, of: object)
      case nil: continue
      }
    }
    states[object] = state
  }

  private mutating func edit(_ operation: TextOperation, of object: ObjectID) {
    let version = VersionName(operation.text.version).flatMap { versions[object]?[$0] }
    texts[object, default: [:]][
      operation.text,
      default: EditedText(base: version?.body ?? "", id: operation.text)
    ].apply([operation.edit])
  }

  private mutating func keep(_ operation: ChangeLog.Operation, on object: ObjectID) {
    guard object.type == ObjectType.article.rawValue, operation.kind == 2 else { return }
    if operation.field == 1, let version = ArticleVersion(record: operation.body) {
      versions[object, default: [:]][VersionName(ofRecord: operation.body)] = version
      records.insert(object.bytes + operation.body)
    }
    if operation.field == 2, let sighting = Sighting(operation.body),
      rawInputs[sighting.raw.bytes] == nil
    {
      rawInputs[sighting.raw.bytes] = object
    }
  }

  private static func digest(of states: [ObjectID: ObjectState]) -> Hash {
    let buckets = Dictionary(grouping: states.keys) { StateDigest.bucket(of: $0) }
    return StateDigest.digest(
      ofBuckets: buckets.sorted { $0.key < $1.key }.map { number, objects in
        let hashes = objects.sorted().map {
          StateDigest.digest(of: $0, in: states[$0] ?? ObjectState())
        }
        return (number, StateDigest.digest(ofBucket: hashes))
      }
    )
  }

  // MARK: - The same in a replica's tables

  static func records(in replica: Replica) throws -> Set<[UInt8]> {
    try replica.inspect { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT objects.object, versions.record
          FROM versions JOIN objects ON objects.id = versions.object
          """
      )
      let records = rows.map { Array($0[0] as Data) + Array($0[1] as Data) }
      // Each once.
      #expect(Set(records).count == records.count)
      return Set(records)
    }
  }

  static func rawInputs(in replica: Replica) throws -> [[UInt8]: ObjectID] {
    try replica.inspect { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT raw_inputs.raw, objects.object
          FROM raw_inputs JOIN objects ON objects.id = raw_inputs.object
          """
      )
      return Dictionary(
        uniqueKeysWithValues: rows.compactMap { row in
          ObjectID(type: 1, bytes: row[1] as Data).map { (Array(row[0] as Data), $0) }
        }
      )
    }
  }

  static func headlines(in replica: Replica) throws -> [[UInt8]: String] {
    try replica.inspect { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT objects.object, articles.is_live, articles.headline
          FROM articles JOIN objects ON objects.id = articles.object
          """
      )
      return Dictionary(
        uniqueKeysWithValues: rows.map { row in
          (Array(row[0] as Data), "\(row[1] as Bool) \(row[2] as String)")
        }
      )
    }
  }
}

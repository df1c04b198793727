import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// What comes to an object that is not there yet is written by a short way; merging it in the plain
/// way is the oracle.
@Suite struct FreshObjectTests {
  @Test(arguments: [UInt64](1...60))
  func `an object that is not there becomes what merging its changes gives`(seed: UInt64) throws {
    let world = TestWorld(seed: seed)
    let anna = try world.replica(named: "anna")
    var drafts = Drafts(seed: seed)
    try anna.write { writer in
      for _ in 0..<60 { try drafts.write(by: writer) }
    }
    let bert = try world.clone(of: anna, named: "bert")
    let plain = try PlainState(of: anna)
    for replica in [anna, bert] {
      #expect(try replica.digest() == plain.digest)
      #expect(try PlainState.records(in: replica) == plain.records)
      #expect(try PlainState.rawInputs(in: replica) == plain.rawInputs)
      #expect(try PlainState.headlines(in: replica) == plain.headlines)
    }
  }
}

/// Random changes, right ones and wrong ones, on a few objects of every type.
private struct Drafts {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func write(by writer: ReplicaWriter) throws {
    let bytes = [UInt8](repeating: UInt8.random(in: 0..<40, using: &random), count: 16)
    guard let object = ObjectID(type: UInt32.random(in: 1...6, using: &random), bytes: bytes) else {
      preconditionFailure("16 bytes")
    }
    let operations = (0..<Int.random(in: 1...4, using: &random)).map { _ in operation() }
    try writer.append(operations, on: object, as: .edit)
  }

  private mutating func operation() -> ChangeLog.Operation {
    let fields: [UInt32] = [1, 1, 1, 2, 2, 3, 10, 20, 30, 40, 77]
    let field = fields.randomElement(using: &random) ?? 1
    let usual: ChangeLog.Operation.Kind = [1, 2, 20, 40].contains(field) ? .add : .write
    let kinds: [ChangeLog.Operation.Kind] = [
      usual, usual, usual, .write, .add, .remove, .delete,
    ]
    return ChangeLog.Operation(
      field: field,
      kind: kinds.randomElement(using: &random) ?? usual,
      body: body()
    )
  }

  /// A record, a sighting, or neither.
  private mutating func body() -> [UInt8] {
    var version = ArticleVersion()
    version.headline = "h\(Int.random(in: 0..<3, using: &random))"
    version.tags = ["t"]
    let record = version.record
    return switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: record
    case 2, 3:
      Sighting(
        version: VersionName(ofRecord: record),
        raw: Hash(of: [UInt8.random(in: 0..<9, using: &random)]),
        fetched: Int64.random(in: 0..<9, using: &random),
        origin: "test"
      ).body
    default: [0xFF, 0xFF]
    }
  }
}

/// The state that a log amounts to, found operation by operation in memory.
private struct PlainState {
  var digest: Hash { Self.digest(of: states) }
  private(set) var records: Set<[UInt8]> = []
  private(set) var rawInputs: [[UInt8]: ObjectID] = [:]
  private var states: [ObjectID: ObjectState] = [:]
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
      guard case .merge(let merge)? = meaning else { continue }
      state.apply(merge, at: dot, time: change.header.time)
      keep(operation, on: object)
    }
    states[object] = state
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

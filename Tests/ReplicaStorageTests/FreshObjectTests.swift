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

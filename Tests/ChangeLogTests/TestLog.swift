import CRDT
import ChangeLog

/// A log index made of dictionaries, and the changes that went in.
struct TestLog: LogIndex {
  private(set) var changes: [Change] = []
  private var heads: [LaneID: LaneHead] = [:]
  private var keys: [LaneID: PublicKey] = [:]
  private var hashes: [ChangeID: Hash] = [:]

  func head(of lane: LaneID) -> LaneHead? { heads[lane] }
  func writingKey(of lane: LaneID) -> PublicKey? { keys[lane] }
  func hash(of change: ChangeID) -> Hash? { hashes[change] }
  func laneTree() -> LaneTree { LaneTree() }

  /// Takes a pack through the gate and appends what is new.
  @discardableResult
  mutating func append(_ pack: [UInt8], archive: ArchiveID = .test) throws -> Gate.Admission {
    try append(Pack(pack), archive: archive)
  }

  @discardableResult
  mutating func append(_ pack: Pack, archive: ArchiveID = .test) throws -> Gate.Admission {
    let admission = try Gate(archive: archive).admit(pack, to: self)
    for (lane, certification) in admission.beginnings { keys[lane] = certification.writingKey }
    for (change, isKnown) in zip(admission.changes, admission.isKnown) where !isKnown {
      changes.append(change)
      hashes[change.id] = change.hash
      heads[change.lane] = LaneHead(seq: change.header.seq, hash: change.hash)
    }
    return admission
  }

  func requiredHash(of change: ChangeID) throws -> Hash {
    guard let hash = hashes[change] else { throw LogFailure.gap(change) }
    return hash
  }
}

/// Counts what the gate asks of a log.
final class CountingLog: LogIndex {
  private let log: TestLog
  private(set) var readCount = 0

  init(_ log: TestLog) { self.log = log }

  private func read() -> TestLog {
    readCount += 1
    return log
  }

  func head(of lane: LaneID) -> LaneHead? { read().head(of: lane) }
  func writingKey(of lane: LaneID) -> PublicKey? { read().writingKey(of: lane) }
  func hash(of change: ChangeID) -> Hash? { read().hash(of: change) }
  func laneTree() -> LaneTree { read().laneTree() }
}

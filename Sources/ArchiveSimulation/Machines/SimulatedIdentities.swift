internal import CRDT
internal import ChangeLog
internal import ReplicaStorage
internal import Synchronization

/// A user's keys and marks on one machine: durable at once, and copied when the user's home is.
final class SimulatedIdentities: Identities {
  struct Contents {
    var memberKey: PrivateKey?
    var writingKeys: [LaneID: PrivateKey] = [:]
    var marks: [StoreID: Mark] = [:]
  }

  private let contents: Mutex<Contents>
  private let makeSeed: @Sendable () -> [UInt8]

  /// - `makeSeed`: gives 32 new bytes at every call.
  init(_ contents: Contents = Contents(), makeSeed: @escaping @Sendable () -> [UInt8]) {
    self.contents = Mutex(contents)
    self.makeSeed = makeSeed
  }

  /// What a backup of the home folder holds.
  var snapshot: Contents { contents.withLock { $0 } }

  /// Machines are told apart by nothing but where their files are.
  var machine: String? { nil }

  /// Makes the marks of a file those of another path.
  func move(from old: String, to new: String) {
    contents.withLock { contents in
      contents.marks = contents.marks.mapValues { mark in
        guard mark.path == old else { return mark }
        return Mark(machine: nil, path: new, position: mark.position, check: mark.check)
      }
    }
  }

  /// Puts a backup of the home folder back.
  func restore(_ snapshot: Contents) { contents.withLock { $0 = snapshot } }

  func memberKey() throws -> PrivateKey {
    try contents.withLock { contents in
      if let key = contents.memberKey { return key }
      let key = try makeKey()
      contents.memberKey = key
      return key
    }
  }

  func makeWritingKey() throws -> PrivateKey {
    let key = try makeKey()
    contents.withLock { $0.writingKeys[LaneID(writingKey: key.publicKey)] = key }
    return key
  }

  private func makeKey() throws -> PrivateKey {
    guard let key = PrivateKey(seed: makeSeed()) else { throw LogFailure.malformed("key seed") }
    return key
  }

  func writingKey(of lane: LaneID) -> PrivateKey? { contents.withLock { $0.writingKeys[lane] } }

  func mark(of store: StoreID) -> Mark? { contents.withLock { $0.marks[store] } }

  func set(_ mark: Mark, of store: StoreID) { contents.withLock { $0.marks[store] = mark } }
}

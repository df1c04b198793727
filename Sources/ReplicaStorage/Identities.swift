package import CRDT
package import ChangeLog
internal import Synchronization

/// The keys and marks of one user on one machine, kept outside the archive files.
package protocol Identities: Sendable {
  /// What tells this machine from others that use the same keys; `nil` where nothing does.
  var machine: String? { get }
  /// The user's member key, made at the first call.
  func memberKey() throws -> PrivateKey
  /// Makes and keeps a new writing key.
  func makeWritingKey() throws -> PrivateKey
  /// The writing key of a lane, where this user has it.
  func writingKey(of lane: LaneID) throws -> PrivateKey?
  /// What is remembered of a store, where anything is.
  func mark(of store: StoreID) throws -> Mark?
  /// Remembers a store; on disk when the call returns.
  func set(_ mark: Mark, of store: StoreID) throws
}

/// What is remembered of an archive file outside of it.
///
/// A file that is elsewhere or behind was copied, cloned or restored, and must not go on under its
/// old writing key and store id.
package struct Mark: Hashable, Sendable, Codable {
  /// The machine, where it has a name of its own: several may share a home folder.
  package let machine: String?
  /// Where the file is, links resolved.
  package let path: String
  /// End of its log when it was last written.
  package let position: UInt64
  /// The first 8 bytes of the log check there, in hexadecimal.
  package let check: String

  package init(machine: String?, path: String, position: UInt64, check: String) {
    self.machine = machine
    self.path = path
    self.position = position
    self.check = check
  }
}

/// Keys and marks in memory, for tests and simulations.
package final class MemoryIdentities: Identities {
  private struct Contents {
    var memberKey: PrivateKey?
    var writingKeys: [LaneID: PrivateKey] = [:]
    var marks: [StoreID: Mark] = [:]
  }

  private let contents = Mutex(Contents())
  private let makeSeed: @Sendable () -> [UInt8]

  /// - Parameter makeSeed: gives 32 new bytes at every call.
  package init(makeSeed: @escaping @Sendable () -> [UInt8]) { self.makeSeed = makeSeed }

  /// Keys and marks as they are in another one, as when a home folder is copied or put back.
  package init(copying other: MemoryIdentities) {
    makeSeed = other.makeSeed
    let present = other.contents.withLock { $0 }
    contents.withLock { $0 = present }
  }

  package var machine: String? { nil }

  package func memberKey() throws -> PrivateKey {
    try contents.withLock { contents in
      if let key = contents.memberKey { return key }
      let key = try makeKey()
      contents.memberKey = key
      return key
    }
  }

  package func makeWritingKey() throws -> PrivateKey {
    let key = try makeKey()
    contents.withLock { $0.writingKeys[LaneID(writingKey: key.publicKey)] = key }
    return key
  }

  private func makeKey() throws -> PrivateKey {
    guard let key = PrivateKey(seed: makeSeed()) else { throw LogFailure.malformed("key seed") }
    return key
  }

  package func writingKey(of lane: LaneID) -> PrivateKey? {
    contents.withLock { $0.writingKeys[lane] }
  }

  package func mark(of store: StoreID) -> Mark? { contents.withLock { $0.marks[store] } }

  package func set(_ mark: Mark, of store: StoreID) {
    contents.withLock { $0.marks[store] = mark }
  }
}
